package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.CodeBlock;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * How far apart numbers lie in a block, and how far they would if its scale had not to reach one of its elements. Where codes
 * are whole numbers, that is the scale; where the distances differ, it is the one at the median magnitude of the others.
 *
 * <p>What the others were before they were quantized is known to half a step. If all of them are stored as the same number,
 * they are taken to have been as far apart as that allows, so that the step without the element is the largest possible.
 *
 * @param step the distance of neighbouring numbers
 * @param stepWithout the same without the element, never larger; empty where there are no others
 */
public record BlockSteps(double step, Optional<Double> stepWithout) {

    /** Looks at the elements of a block one after the other. */
    static final class Count {

        private final CodeBlock block;
        private final double[] numbers;
        private final double[] magnitudes;
        private final long[] counts;
        private float least = Float.POSITIVE_INFINITY;
        private float largest = Float.NEGATIVE_INFINITY;

        /** @param numbers that the codes of the block stand for; none needed where they lie evenly */
        Count(CodeBlock block, DoubleStream numbers) {
            this.block = block;
            this.numbers = ascending(numbers);
            this.magnitudes = ascending(Arrays.stream(this.numbers).map(Math::abs));
            this.counts = new long[magnitudes.length];
        }

        /** Each once, and of the two zeros one. */
        private static double[] ascending(DoubleStream numbers) {
            return numbers.map(number -> number + 0.0).distinct().sorted().toArray();
        }

        /** Takes in an element other than the one that it is about. */
        void add(float other) {
            least = Math.min(least, other);
            largest = Math.max(largest, other);
            if (!block.isEven()) {
                int place = Arrays.binarySearch(magnitudes, Math.abs((double) other));
                // Where elements have factors of their own too, others lie between the numbers of this one's codes.
                counts[place >= 0 ? place : Math.min(-place - 1, counts.length - 1)]++;
            }
        }

        /** @param own what the element is that it is about */
        BlockSteps without(float own) {
            double median = medianMagnitude();
            double step = gap(median);
            if (block.covers() == CodeBlock.Covers.NOTHING) {
                return new BlockSteps(step, Optional.of(step));
            }
            if (least > largest) {
                return new BlockSteps(step, Optional.empty());
            }
            double part = reached(least, largest, step) / reached(Math.min(least, own), Math.max(largest, own), step);
            // Of floating-point numbers the next power of two may lie badly for a larger scale; the one that is there
            // would do.
            return new BlockSteps(step, Optional.of(Math.min(step, part * gap(median / part))));
        }

        /** What a scale has to reach: from zero to the largest magnitude, or from the least to the largest. */
        private double reached(float from, float to, double step) {
            return block.covers() == CodeBlock.Covers.RANGE
                    ? Math.max((double) to - from, step)
                    : Math.max(Math.max(Math.abs(from), Math.abs(to)), step / 2);
        }

        private double medianMagnitude() {
            long left = Arrays.stream(counts).sum() / 2;
            int place = 0;
            while (place < counts.length - 1 && left >= counts[place]) {
                left -= counts[place];
                place++;
            }
            return counts.length == 0 ? 0 : magnitudes[place];
        }

        /** From the largest number that is not above a magnitude to the next; of the largest, to the one before. */
        private double gap(double magnitude) {
            if (block.isEven()) {
                return Math.abs((double) block.scale());
            }
            int next = 1;
            while (next < numbers.length - 1 && numbers[next] <= magnitude) {
                next++;
            }
            return numbers.length < 2 ? 0 : numbers[next] - numbers[next - 1];
        }
    }
}
