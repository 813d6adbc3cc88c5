package io.github.swscan.checkpoint.blocks;

import static io.github.swscan.checkpoint.blocks.LittleEndian.half;
import static io.github.swscan.checkpoint.blocks.LittleEndian.int16;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import java.util.stream.IntStream;

/** Blocks of four-bit codes that stand for sixteen numbers, times a scale for 16 or 32 of them. */
final class TableQuants {

    /** The numbers of IQ4_NL and IQ4_XS ({@code kvalues_iq4nl} of ggml). */
    private static final float[] UNEVEN = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Twice the numbers of E2M1. ggml halves scales instead; what it makes of the largest follows from that. */
    private static final float[] TWICE_E2M1 = new float[16];

    /** Half of the scales that are exponents, 127 standing for one. */
    private static final float[] HALF_E8M0 = new float[256];

    /** Half of the scales that are E4M3 without a sign, in which what stands for NaN is 0. */
    private static final float[] HALF_E4M3 = new float[256];

    static {
        CodeNumbers.E2M1.of(IntStream.range(0, TWICE_E2M1.length).toArray(), TWICE_E2M1);
        for (int code = 0; code < TWICE_E2M1.length; code++) {
            // Whole numbers: there is no negative zero among them.
            TWICE_E2M1[code] = (int) (2 * TWICE_E2M1[code]);
        }
        for (int bits = 0; bits < 256; bits++) {
            HALF_E8M0[bits] = Math.scalb(1f, bits - 128);
            HALF_E4M3[bits] = bits == 0x7F ? 0 : halfE4m3((bits >> 3) & 0xF, bits & 7);
        }
    }

    private TableQuants() {}

    private static float halfE4m3(int exponent, int fraction) {
        return exponent == 0 ? fraction * 0x1p-10f : Math.scalb(8 + fraction, exponent - 11);
    }

    /** scale, 16 bytes of codes. */
    static void iq4nl(byte[] bytes, int from, float[] values, int to) {
        codes(UNEVEN, bytes, from + 2, 16, half(bytes, from), values, to);
    }

    /** scale, 2 bytes of the upper two bits of 8 scales, 4 bytes of their lower halves, less 32; 128 bytes of codes. */
    static void iq4xs(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        int highs = int16(bytes, from + 2);
        for (int group = 0; group < 8; group++) {
            int low = (bytes[from + 4 + group / 2] >> (4 * (group % 2))) & 0xF;
            int high = (highs >> (2 * group)) & 3;
            float groupScale = scale * ((low | (high << 4)) - 32);
            codes(UNEVEN, bytes, from + 8 + 16 * group, 16, groupScale, values, to + 32 * group);
        }
    }

    /** The scale's exponent, 16 bytes of codes. */
    static void mxfp4(byte[] bytes, int from, float[] values, int to) {
        codes(TWICE_E2M1, bytes, from + 1, 16, HALF_E8M0[bytes[from] & 0xFF], values, to);
    }

    /** 4 scales, 8 bytes of codes for each. */
    static void nvfp4(byte[] bytes, int from, float[] values, int to) {
        for (int group = 0; group < 4; group++) {
            float scale = HALF_E4M3[bytes[from + group] & 0xFF];
            codes(TWICE_E2M1, bytes, from + 4 + 8 * group, 8, scale, values, to + 16 * group);
        }
    }

    /** Bytes whose low halves are the first codes and whose high halves are the others. */
    private static void codes(float[] numbers, byte[] bytes, int from, int count, float scale, float[] values, int to) {
        for (int i = 0; i < count; i++) {
            int pair = bytes[from + i];
            values[to + i] = scale * numbers[pair & 0xF];
            values[to + count + i] = scale * numbers[(pair >> 4) & 0xF];
        }
    }
}
