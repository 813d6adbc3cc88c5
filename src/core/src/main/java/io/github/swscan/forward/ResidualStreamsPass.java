package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.HyperConnections;
import io.github.swscan.architecture.ResidualStreams;

/** Several residual streams side by side, [rows, streams * hidden], before and behind the blocks. */
sealed interface ResidualStreamsPass permits AltUpPass, HyperConnectionsPass {

    static ResidualStreamsPass of(ResidualStreams streams, Compute compute) {
        return streams instanceof AltUp altUp
                ? new AltUpPass(altUp, compute)
                : new HyperConnectionsPass((HyperConnections) streams, compute);
    }

    /** The streams that an embedding begins with: [rows, hidden] -> [rows, streams * hidden]. */
    NDArray enter(NDArray x);

    /** What the head reads of the streams: [rows, streams * hidden] -> [rows, hidden]. */
    NDArray leave(NDArray streams);
}
