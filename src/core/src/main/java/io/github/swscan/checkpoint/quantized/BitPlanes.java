package io.github.swscan.checkpoint.quantized;

import java.util.function.IntUnaryOperator;

/**
 * Codes of 3, 5, 6 or 7 bits of which a word holds no whole number: 32 of them take as many words as they have bits, first
 * those of their lowest 4 or 2 bits, then those of the next 2 or 1. Within each of these planes fields lie one after the
 * other from the lowest bit of a word on.
 */
final class BitPlanes {

    /** How many codes lie in planes of their own. */
    static final int BLOCK = 32;

    private BitPlanes() {}

    /** How many of the bits that are left are in the next plane. */
    private static int width(int bits) {
        return Integer.highestOneBit(bits);
    }

    /** Which word of its block holds the lowest bits of a code. */
    static int word(int index, int bits) {
        return index % BLOCK * width(bits) / Integer.SIZE;
    }

    /**
     * A code.
     *
     * @param words by their place in the block
     */
    static int code(int index, int bits, IntUnaryOperator words) {
        int code = 0;
        int done = 0;
        while (done < bits) {
            int width = width(bits - done);
            int bit = index % BLOCK * width;
            int field = words.applyAsInt(done + bit / Integer.SIZE) >>> (bit % Integer.SIZE);
            code |= (field & ((1 << width) - 1)) << done;
            done += width;
        }
        return code;
    }
}
