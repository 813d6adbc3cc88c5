package io.github.swscan.checkpoint.blocks;

import io.github.swscan.checkpoint.tensor.BitField;
import io.github.swscan.checkpoint.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where a block format of GGUF keeps the code of each number of a block. The scale is told by the decoder: it is what the
 * code stands for whose number is 1.
 *
 * @param group how many numbers share all their scales
 * @param stripes where the bits of codes lie, the lowest first
 * @param one the code whose number is 1
 * @param zero the code that stands for 0, if codes are whole numbers without a minimum
 * @param minimum where the 16-bit number lies that all minima of the block are multiplied with, in bytes, if there is one
 * @param signed whether codes have a sign
 */
record BlockLayout(int group, List<Stripe> stripes, int one, OptionalInt zero, OptionalInt minimum, boolean signed) {

    /**
     * Bits of codes in bytes that hold those of several numbers, which lie as many numbers apart as there are bytes.
     *
     * @param first byte of the block
     * @param width bytes that are filled together: their lowest bits, then the next ones, and so on
     * @param bits of each code
     */
    record Stripe(int first, int width, int bits) {

        /** Where those of a number lie in the block. */
        BitField of(int number) {
            int together = width * Byte.SIZE / bits;
            int index = first + number / together * width + number % width;
            return new BitField((long) index * Byte.SIZE + (long) (number % together / width) * bits, bits);
        }
    }

    /** That of a format, if its numbers have codes of their own. */
    static Optional<BlockLayout> of(DType format) {
        return switch (format) {
            case Q1_0 -> ofTable(128, 1, new Stripe(2, 1, 1));
            case Q2_0 -> even(64, 1, new Stripe(2, 1, 2));
            case Q4_0 -> even(32, 8, new Stripe(2, 16, 4));
            case Q4_1 -> withMinimum(32, 2, new Stripe(4, 16, 4));
            case Q5_0 -> even(32, 16, new Stripe(6, 16, 4), new Stripe(2, 1, 1));
            case Q5_1 -> withMinimum(32, 2, new Stripe(8, 16, 4), new Stripe(4, 1, 1));
            case Q8_0 -> signedBytes(32, 2);
            case Q2_K -> withMinimum(16, 82, new Stripe(16, 32, 2));
            case Q3_K -> even(16, 4, new Stripe(32, 32, 2), new Stripe(0, 32, 1));
            case Q4_K -> withMinimum(32, 2, new Stripe(16, 32, 4));
            case Q5_K -> withMinimum(32, 2, new Stripe(48, 32, 4), new Stripe(16, 32, 1));
            case Q6_K -> even(16, 32, new Stripe(0, 64, 4), new Stripe(128, 32, 2));
            case IQ4_NL -> ofTable(32, 8, new Stripe(2, 16, 4));
            case IQ4_XS -> ofTable(32, 8, new Stripe(8, 16, 4));
            case TQ2_0 -> even(256, 1, new Stripe(0, 32, 2));
            case MXFP4 -> ofTable(32, 2, new Stripe(1, 16, 4));
            case NVFP4 -> ofTable(16, 2, new Stripe(4, 8, 4));
            default -> Optional.empty();
        };
    }

    private static Optional<BlockLayout> even(int group, int zero, Stripe... stripes) {
        return Optional.of(
                new BlockLayout(group, List.of(stripes), zero + 1, OptionalInt.of(zero), OptionalInt.empty(), false));
    }

    private static Optional<BlockLayout> withMinimum(int group, int minimum, Stripe... stripes) {
        return Optional.of(
                new BlockLayout(group, List.of(stripes), 1, OptionalInt.empty(), OptionalInt.of(minimum), false));
    }

    private static Optional<BlockLayout> ofTable(int group, int one, Stripe... stripes) {
        return Optional.of(
                new BlockLayout(group, List.of(stripes), one, OptionalInt.empty(), OptionalInt.empty(), false));
    }

    private static Optional<BlockLayout> signedBytes(int group, int first) {
        return Optional.of(new BlockLayout(
                group, List.of(new Stripe(first, 1, 8)), 1, OptionalInt.of(0), OptionalInt.empty(), true));
    }
}
