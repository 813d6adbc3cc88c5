package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.AltUp;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;

/** Several residual streams side by side, [rows, streams * hidden]; {@link AltUp} has the equations. */
final class AltUpPass implements ResidualStreamsPass {

    private final AltUp altUp;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    AltUpPass(AltUp altUp, Compute compute) {
        this.altUp = altUp;
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    @Override
    public NDArray enter(NDArray x) {
        NDList streams = new NDList(x);
        for (Linear map : altUp.enter()) {
            streams.add(sized(map, x, x));
        }
        return NDArrays.concat(streams, 1);
    }

    @Override
    public NDArray leave(NDArray streams) {
        NDArray first = stream(streams, 0);
        NDArray sum = first;
        for (int i = 1; i < altUp.streams(); i++) {
            sum = operations.add(sum, sized(altUp.leave().get(i - 1), stream(streams, i), first));
        }
        return operations.multiplyByNumber(sum, 1.0 / altUp.streams());
    }

    /** A map of x, each row as large as that of another array. */
    private NDArray sized(Linear map, NDArray x, NDArray like) {
        return operations.asLarge(operations.toFloat32(linear.apply(map, norm.toPrecision(x))), like);
    }

    /** p of the streams before a block: [rows, streams * hidden] -> the same. */
    NDArray predicted(AltUp.Coefficients block, NDArray streams) {
        NDArray mixed = modalities(block, active(streams)); // [rows, streams]
        NDArray coefficients = matrix(block.coefficients(), block.streams()); // [streams², streams]
        return operations.add(
                streams, operations.mixStreams(streams, operations.linear(mixed, coefficients), block.streams()));
    }

    /**
     * The streams behind a block: [rows, streams * hidden].
     *
     * @param predicted the streams before it
     * @param output what the block made of the active one [rows, hidden]
     */
    NDArray corrected(AltUp.Coefficients block, NDArray predicted, NDArray output) {
        NDArray corrections = corrections(block, output);
        NDArray innovation = operations.add(output, operations.multiplyByNumber(active(predicted), -1));
        return operations.addToStreams(predicted, innovation, corrections);
    }

    /** What the active stream takes of a block's output: one factor a row. */
    float[] factors(AltUp.Coefficients block, NDArray output) {
        NDArray own = operations.columns(corrections(block, output), altUp.active(), altUp.active() + 1L);
        return own.toFloatArray();
    }

    /** How much of what a block has changed each stream takes [rows, streams]. */
    private NDArray corrections(AltUp.Coefficients block, NDArray output) {
        return operations.addNumber(
                operations.linear(modalities(block, output), matrix(block.corrections(), block.streams())), 1);
    }

    /** What a block's other inputs are read from [rows, hidden]. */
    NDArray read(AltUp.Coefficients block, NDArray streams) {
        return block.inputScale()
                .map(name -> operations.multiply(active(streams), weights.vector(name)))
                .orElseGet(() -> active(streams));
    }

    /** The streams with the same added to all but the first. */
    NDArray addedBehindFirst(NDArray streams, NDArray added) {
        NDList all = new NDList(stream(streams, 0));
        for (int i = 1; i < altUp.streams(); i++) {
            all.add(operations.add(stream(streams, i), added));
        }
        return NDArrays.concat(all, 1);
    }

    /** The stream that goes through the blocks [rows, hidden]. */
    NDArray active(NDArray streams) {
        return stream(streams, altUp.active());
    }

    private NDArray modalities(AltUp.Coefficients block, NDArray x) {
        NDArray normed = operations.multiplyByNumber(norm.apply(block.norm(), x), block.scale());
        return operations.activate("tanh", operations.linear(normed, matrix(block.router(), block.hidden())));
    }

    private NDArray matrix(String tensor, int columns) {
        return weights.vector(tensor).reshape(-1, columns);
    }

    private NDArray stream(NDArray streams, int index) {
        long hidden = streams.getShape().get(1) / altUp.streams();
        return operations.columns(streams, index * hidden, (index + 1) * hidden);
    }
}
