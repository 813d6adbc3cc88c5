package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.engine.Operations;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The residual stream behind a block. Valid only during the call of the {@link Probe} that it is given to. */
public final class StreamBehind {

    private final int layer;
    private final ResidualStream stream;
    private final Operations operations;
    private final Map<Integer, float[]> columns = new HashMap<>();

    StreamBehind(int layer, ResidualStream stream, Operations operations) {
        this.layer = layer;
        this.stream = stream;
        this.operations = operations;
    }

    /** The number of the block, from 0. */
    public int layer() {
        return layer;
    }

    /** Those that are in the pass. Another that is planned is like the original up to here. */
    public List<Branch> branches() {
        return stream.layout().branches();
    }

    /** The largest magnitude of a channel's entries, over all tokens of a branch. */
    public float largest(Branch branch, int channel) {
        float[] column = columns.computeIfAbsent(channel, this::column);
        float largest = 0;
        for (long row : stream.layout().rowsOf(branch, branch.sequences())) {
            largest = Math.max(largest, Math.abs(column[(int) row]));
        }
        return largest;
    }

    /** A channel's entry for every token of every branch [rows]. */
    private float[] column(int channel) {
        try (NDArray column = operations.columns(stream.hidden(), channel, channel + 1)) {
            return column.toFloatArray();
        }
    }
}
