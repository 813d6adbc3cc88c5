package io.github.swscan.checkpoint.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Elements that share a scale. What a code c stands for is {@code (c - zero) * scale} or {@code c * scale + bias}, in
 * float32; without zero and bias {@code number * scale}, the number being that of the code in a table or format.
 *
 * @param runs the elements in their order, those next to each other together
 * @param scale the product of all scales; 1 where there are none
 * @param zero the code that stands for 0
 * @param bias what is added
 * @param covers what of the elements the scale follows from
 */
public record CodeBlock(List<Run> runs, float scale, Optional<Float> zero, Optional<Float> bias, Covers covers) {

    /** Elements one after the other. */
    public record Run(long first, long count) {

        /** The first one behind it. */
        long end() {
            return first + count;
        }
    }

    /** What the scale of a block is made to reach. */
    public enum Covers {
        /** There is no scale. */
        NOTHING,
        /** The largest magnitude: zero is the same code in all blocks. */
        LARGEST_MAGNITUDE,
        /** All from the least to the largest. */
        RANGE
    }

    public CodeBlock {
        runs = List.copyOf(runs);
    }

    /** Codes of a table or a floating-point format. */
    public static CodeBlock ofTable(List<Run> runs, float scale) {
        return new CodeBlock(runs, scale, Optional.empty(), Optional.empty(), Covers.LARGEST_MAGNITUDE);
    }

    /** Whole numbers of which the same one stands for 0 in all blocks. */
    public static CodeBlock symmetric(List<Run> runs, float scale, float zero) {
        return new CodeBlock(runs, scale, Optional.of(zero), Optional.empty(), Covers.LARGEST_MAGNITUDE);
    }

    /** Whole numbers with a zero point for each block. */
    public static CodeBlock withZeroPoint(List<Run> runs, float scale, float zero) {
        return new CodeBlock(runs, scale, Optional.of(zero), Optional.empty(), Covers.RANGE);
    }

    /** Whole numbers with a number for each block that is added. */
    public static CodeBlock withBias(List<Run> runs, float scale, float bias) {
        return new CodeBlock(runs, scale, Optional.empty(), Optional.of(bias), Covers.RANGE);
    }

    /** Numbers without a scale. */
    public static CodeBlock unscaled(List<Run> runs) {
        return new CodeBlock(runs, 1, Optional.empty(), Optional.empty(), Covers.NOTHING);
    }

    /** The same with one more scale. */
    public CodeBlock scaledBy(float factor) {
        return new CodeBlock(runs, scale * factor, zero, bias.map(added -> added * factor), covers);
    }

    /** The same of elements so many further on. */
    public CodeBlock behind(long elements) {
        List<Run> behind = runs.stream()
                .map(run -> new Run(elements + run.first(), run.count()))
                .toList();
        return new CodeBlock(behind, scale, zero, bias, covers);
    }

    /** The same, with its elements in other places: those that come to lie next to each other are a run. */
    public CodeBlock moved(LongUnaryOperator place) {
        List<Run> moved = new ArrayList<>();
        runs.stream()
                .flatMapToLong(run -> LongStream.range(run.first(), run.first() + run.count()))
                .map(place)
                .sorted()
                .forEach(element -> {
                    int last = moved.size() - 1;
                    if (last >= 0 && moved.get(last).end() == element) {
                        moved.set(
                                last,
                                new Run(moved.get(last).first(), moved.get(last).count() + 1));
                    } else {
                        moved.add(new Run(element, 1));
                    }
                });
        return new CodeBlock(moved, scale, zero, bias, covers);
    }

    /** The first of the elements. */
    public long start() {
        return runs.get(0).first();
    }

    /** How many there are. */
    public long size() {
        return runs.stream().mapToLong(Run::count).sum();
    }

    /** Whether the numbers of neighbouring codes lie at equal distances. */
    public boolean isEven() {
        return zero.isPresent() || bias.isPresent();
    }
}
