package io.github.swscan.checkpoint.blocks;

import static io.github.swscan.checkpoint.blocks.LittleEndian.half;
import static io.github.swscan.checkpoint.blocks.LittleEndian.int16;
import static io.github.swscan.checkpoint.blocks.LittleEndian.int32;

import io.github.swscan.checkpoint.tensor.DType;

/**
 * Blocks of 256 numbers whose codes stand for 4 or 8 numbers each, a point of a {@link Grid} ("I-quants" of 1 to 3 bits).
 * Points of 2 and 3 bits are magnitudes, with signs beside them; those of 1 bit are -1, 0 and 1, with a shift beside them.
 */
final class GridQuants {

    /** What is added to all numbers of a point in IQ1_S and IQ1_M, or subtracted. */
    private static final float SHIFT = 0.125f;

    /** 1 or -1 for each bit of a byte, the lowest first; -1 where it is set. */
    private static final float[] SIGNS = new float[256 * 8];

    static {
        for (int i = 0; i < SIGNS.length; i++) {
            SIGNS[i] = ((i / 8) >> (i % 8) & 1) == 0 ? 1 : -1;
        }
    }

    private GridQuants() {}

    /** scale; for each 32 numbers 4 codes, then four times 7 signs and, in the upper 4 bits, the scale's. */
    static void iq2xxs(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int group = 0; group < 8; group++) {
            int codes = from + 2 + 8 * group;
            int packed = int32(bytes, codes + 4);
            float groupScale = scale * (0.5f + (packed >>> 28)) * 0.25f;
            for (int i = 0; i < 4; i++) {
                int signs = evenSigns(packed >>> (7 * i));
                signed8(Grid.IQ2_XXS, bytes[codes + i] & 0xFF, signs, groupScale, values, to + 32 * group + 8 * i);
            }
        }
    }

    /** scale, 32 codes of 9 bits with 7 signs above them, 8 bytes of two scales for 16 numbers each. */
    static void iq2xs(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 32; i++) {
            int packed = int16(bytes, from + 2 + 2 * i);
            float groupScale = scale * (0.5f + fourBits(bytes, from + 66, i / 2)) * 0.25f;
            signed8(Grid.IQ2_XS, packed & 511, evenSigns(packed >> 9), groupScale, values, to + 8 * i);
        }
    }

    /** scale, the lower bytes of 32 codes, a byte of signs for each, 8 bytes of their upper two bits, scales as in IQ2_XS. */
    static void iq2s(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 32; i++) {
            int high = (bytes[from + 66 + i / 4] >> (2 * (i % 4))) & 3;
            int code = (bytes[from + 2 + i] & 0xFF) | (high << 8);
            float groupScale = scale * (0.5f + fourBits(bytes, from + 74, i / 2)) * 0.25f;
            signed8(Grid.IQ2_S, code, bytes[from + 34 + i] & 0xFF, groupScale, values, to + 8 * i);
        }
    }

    /** scale, 64 codes, then for each 32 numbers signs and scale as in IQ2_XXS. */
    static void iq3xxs(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int group = 0; group < 8; group++) {
            int packed = int32(bytes, from + 66 + 4 * group);
            float groupScale = scale * (0.5f + (packed >>> 28)) * 0.5f;
            for (int i = 0; i < 4; i++) {
                int codes = from + 2 + 8 * group + 2 * i;
                int first = to + 32 * group + 8 * i;
                int signs = evenSigns(packed >>> (7 * i));
                signed4(Grid.IQ3_XXS, bytes[codes] & 0xFF, signs, groupScale, values, first);
                signed4(Grid.IQ3_XXS, bytes[codes + 1] & 0xFF, signs >> 4, groupScale, values, first + 4);
            }
        }
    }

    /** scale, the lower bytes of 64 codes, 8 bytes of their upper bits, 32 bytes of signs, 4 of two scales each. */
    static void iq3s(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 32; i++) {
            float groupScale = scale * (1 + 2 * fourBits(bytes, from + 106, i / 4));
            int highs = bytes[from + 66 + i / 4] >> (2 * (i % 4));
            int first = (bytes[from + 2 + 2 * i] & 0xFF) | ((highs << 8) & 256);
            int second = (bytes[from + 3 + 2 * i] & 0xFF) | ((highs << 7) & 256);
            int signs = bytes[from + 74 + i];
            signed4(Grid.IQ3_S, first, signs, groupScale, values, to + 8 * i);
            signed4(Grid.IQ3_S, second, signs >> 4, groupScale, values, to + 8 * i + 4);
        }
    }

    /** scale, the lower bytes of 32 codes; for each 32 numbers four times 3 upper bits, 3 of a scale, and the shift's sign. */
    static void iq1s(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int group = 0; group < 8; group++) {
            int packed = int16(bytes, from + 34 + 2 * group);
            float groupScale = scale * (2 * ((packed >> 12) & 7) + 1);
            float shift = shift(packed >> 15);
            for (int i = 0; i < 4; i++) {
                int code = (bytes[from + 2 + 4 * group + i] & 0xFF) | (((packed >> (3 * i)) & 7) << 8);
                shifted8(Grid.IQ1, code, shift, groupScale, values, to + 32 * group + 8 * i);
            }
        }
    }

    /**
     * The lower bytes of 32 codes, four bits for each, 3 upper ones and the shift's sign, then four times four scales of 3
     * bits for 16 numbers each and, above these, four bits of the block's scale.
     */
    static void iq1m(byte[] bytes, int from, float[] values, int to) {
        int packedScale = 0;
        for (int quarter = 0; quarter < 4; quarter++) {
            packedScale |= (int16(bytes, from + 48 + 2 * quarter) >> 12) << (4 * quarter);
        }
        float scale = DType.halfToFloat((short) packedScale);
        for (int i = 0; i < 32; i++) {
            int high = fourBits(bytes, from + 32, i);
            int code = (bytes[from + i] & 0xFF) | ((high & 7) << 8);
            int scales = int16(bytes, from + 48 + 2 * (i / 8));
            float groupScale = scale * (2 * ((scales >> (3 * (i / 2 % 4))) & 7) + 1);
            shifted8(Grid.IQ1, code, shift(high >> 3), groupScale, values, to + 8 * i);
        }
    }

    /** Signs of eight numbers of which seven are stored: an even number is negative. */
    private static int evenSigns(int stored) {
        int seven = stored & 127;
        return seven | (Integer.bitCount(seven) % 2 << 7);
    }

    /** One of the numbers of four bits that lie two a byte, the lower first. */
    private static int fourBits(byte[] bytes, int from, int index) {
        return (bytes[from + index / 2] >> (4 * (index % 2))) & 0xF;
    }

    private static float shift(int isNegative) {
        return isNegative == 0 ? SHIFT : -SHIFT;
    }

    private static void signed8(float[] grid, int code, int signs, float scale, float[] values, int to) {
        for (int i = 0; i < 8; i++) {
            values[to + i] = scale * grid[8 * code + i] * SIGNS[8 * signs + i];
        }
    }

    /** With the lower four signs. */
    private static void signed4(float[] grid, int code, int signs, float scale, float[] values, int to) {
        for (int i = 0; i < 4; i++) {
            values[to + i] = scale * grid[4 * code + i] * SIGNS[8 * (signs & 0xF) + i];
        }
    }

    private static void shifted8(float[] grid, int code, float shift, float scale, float[] values, int to) {
        for (int i = 0; i < 8; i++) {
            values[to + i] = scale * (grid[8 * code + i] + shift);
        }
    }
}
