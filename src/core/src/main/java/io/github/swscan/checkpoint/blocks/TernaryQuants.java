package io.github.swscan.checkpoint.blocks;

import static io.github.swscan.checkpoint.blocks.LittleEndian.half;

/** Blocks of 256 numbers that are -1, 0 or 1, times one scale. */
final class TernaryQuants {

    private TernaryQuants() {}

    /**
     * 32 bytes of five numbers each that lie 32 apart, 16 bytes of five that lie 16 apart, 4 bytes of four that lie 4
     * apart, scale.
     */
    static void tq10(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 52);
        digits(bytes, from, 32, 5, scale, values, to);
        digits(bytes, from + 32, 16, 5, scale, values, to + 160);
        digits(bytes, from + 48, 4, 4, scale, values, to + 240);
    }

    /** Bytes as fractions of 256: their digits behind the point, in base 3, less 1. */
    private static void digits(byte[] bytes, int from, int count, int digits, float scale, float[] values, int to) {
        int power = 1;
        for (int digit = 0; digit < digits; digit++) {
            int first = to + digit * count;
            for (int i = 0; i < count; i++) {
                int fraction = (bytes[from + i] * power) & 0xFF;
                values[first + i] = scale * (((3 * fraction) >> 8) - 1);
            }
            power *= 3;
        }
    }

    /** 64 bytes of four numbers each that lie 32 apart, scale; less 1. */
    static void tq20(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 64);
        for (int half = 0; half < 2; half++) {
            int first = to + 128 * half;
            for (int i = 0; i < 32; i++) {
                int packed = bytes[from + 32 * half + i];
                values[first + i] = scale * ((packed & 3) - 1);
                values[first + 32 + i] = scale * (((packed >> 2) & 3) - 1);
                values[first + 64 + i] = scale * (((packed >> 4) & 3) - 1);
                values[first + 96 + i] = scale * (((packed >> 6) & 3) - 1);
            }
        }
    }
}
