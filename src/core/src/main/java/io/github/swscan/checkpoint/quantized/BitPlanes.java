package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BitField;
import java.util.ArrayList;
import java.util.List;
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

    /** The fields of a code, the lowest bits first, among all bits of its block's words. */
    static List<BitField> fields(int index, int bits) {
        List<BitField> fields = new ArrayList<>();
        int done = 0;
        while (done < bits) {
            int width = width(bits - done);
            fields.add(new BitField((long) done * Integer.SIZE + (long) (index % BLOCK) * width, width));
            done += width;
        }
        return fields;
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
