package io.github.swscan.forward;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;

/** How many rows, of all branches together, a reading may have within the memory that is meant for activations. */
public final class ActivationRows {

    /** In bytes. */
    public static final long MEMORY = 2L << 30;

    private ActivationRows() {}

    /** The rows that fit in {@link #MEMORY}. */
    public static long within(Architecture architecture) {
        return within(architecture, MEMORY);
    }

    /** The rows that fit in so many bytes: a row takes the activations of the widest layer. */
    public static long within(Architecture architecture, long bytes) {
        long widest = architecture.blocks().stream()
                .flatMap(Block::linears)
                .mapToLong(linear -> Math.max(linear.inputs(), linear.outputs()))
                .max()
                .orElse(architecture.hiddenSize());
        return bytes / (Float.BYTES * (3 * widest + 6L * architecture.hiddenSize()));
    }
}
