package io.github.swscan.forward;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.AvailableMemory;
import io.github.swscan.engine.EngineFailure;
import java.util.Optional;

/**
 * How many rows, of all branches together, a reading may have within the memory that there is for activations.
 *
 * <p>What a row takes is reckoned from what was measured on models of 135 to 270 million parameters, of which it is within
 * 30 percent: in attention some 16 arrays as wide as the model are there at once, in the feed-forward part 6 of these and 3
 * as wide as the widest map. The C library keeps small arrays that are freed, and has no use for all of them, so that they
 * take 2.5 times their size. Models of few layers take less.
 *
 * @param memory in bytes, for activations alone
 * @param available what the memory was taken from, where it is known
 */
public record ActivationRows(Architecture architecture, long memory, Optional<AvailableMemory> available) {

    /** In bytes: what is used at most, however much there is, so that the same model is measured alike on most machines. */
    public static final long MEMORY = 4L << 30;

    /** In bytes: what a reading takes besides activations and weights. */
    private static final long BESIDE = 160L << 20;

    /** In bytes: larger arrays are given back to the system at once, see the launcher's MALLOC_MMAP_THRESHOLD_. */
    private static final double KEPT_BELOW = 32L << 20;

    private static final double KEPT = 2.5;

    private static final int HIDDEN_IN_ATTENTION = 16;
    private static final int HIDDEN_IN_FEED_FORWARD = 6;
    private static final int WIDEST_IN_FEED_FORWARD = 3;

    private static final double MEBIBYTE = 1 << 20;

    /** Within so many bytes, wherever they come from. */
    public static ActivationRows within(Architecture architecture, long bytes) {
        return new ActivationRows(architecture, bytes, Optional.empty());
    }

    /** Within what the machine has for the engine of a model. */
    public static ActivationRows of(RunnableModel model) {
        return of(model.architecture(), model.engine().availableMemory());
    }

    static ActivationRows of(Architecture architecture, Optional<AvailableMemory> available) {
        long beside = BESIDE + 2 * largestPart(architecture); // one that is used while the next one is read
        long memory = available.map(left -> Math.max(0, left.bytes() - beside)).orElse(MEMORY);
        return new ActivationRows(architecture, Math.min(MEMORY, memory), available);
    }

    /** Of a weight, in float32. */
    private static long largestPart(Architecture architecture) {
        return Math.min(
                Weights.LONGEST_SLICE,
                architecture.blocks().stream()
                        .flatMap(Block::linears)
                        .mapToLong(linear -> (long) Float.BYTES * linear.inputs() * linear.outputs())
                        .max()
                        .orElse(0));
    }

    /** How many there may be. */
    public long most() {
        long fits = 0;
        long tooMany = memory / Float.BYTES / architecture.hiddenSize() + 1;
        while (tooMany - fits > 1) {
            long middle = (fits + tooMany) >>> 1;
            if (bytes(middle) <= memory) {
                fits = middle;
            } else {
                tooMany = middle;
            }
        }
        return fits;
    }

    /** What so many take; more never take less. */
    double bytes(long rows) {
        int widest = architecture.blocks().stream()
                .flatMap(Block::linears)
                .mapToInt((Linear linear) -> Math.max(linear.inputs(), linear.outputs()))
                .max()
                .orElse(architecture.hiddenSize());
        return reckoned(architecture.hiddenSize(), widest, rows);
    }

    /**
     * In bytes.
     *
     * @param hiddenSize how wide the model is
     * @param widest how wide the widest map's input or output is
     */
    static double reckoned(int hiddenSize, int widest, long rows) {
        double hidden = array(rows, hiddenSize);
        return Math.max(
                HIDDEN_IN_ATTENTION * hidden,
                HIDDEN_IN_FEED_FORWARD * hidden + WIDEST_IN_FEED_FORWARD * array(rows, widest));
    }

    private static double array(long rows, long width) {
        double size = (double) Float.BYTES * rows * width;
        return size < KEPT_BELOW ? KEPT * size : Math.max(size, KEPT * KEPT_BELOW);
    }

    /**
     * Ends a run that the system would end without a word.
     *
     * @param rows that a reading needs at least
     * @throws EngineFailure if memory is known to be too little for them
     */
    public void require(long rows) {
        if (available.isPresent() && rows > most()) {
            throw new EngineFailure(
                    "not enough memory: %d tokens at once take about %.0f MiB, and %s leaves %.0f MiB for them; take fewer with --max-tokens, or fewer --jobs, or give it more memory"
                            .formatted(
                                    rows,
                                    bytes(rows) / MEBIBYTE,
                                    available.get().of(),
                                    memory / MEBIBYTE));
        }
    }
}
