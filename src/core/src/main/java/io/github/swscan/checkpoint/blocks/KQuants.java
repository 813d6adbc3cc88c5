package io.github.swscan.checkpoint.blocks;

import static io.github.swscan.checkpoint.blocks.LittleEndian.half;

/**
 * Blocks of 256 whole numbers ("K-quants"): a number is {@code scale * q} or {@code scale * q - minimum}, where 16 or 32
 * numbers share scale and minimum, which are small whole numbers themselves, times those of the block.
 */
final class KQuants {

    private KQuants() {}

    /** 16 bytes of scale and minimum, 64 bytes of four numbers each that lie 32 apart, scale, minimum. */
    static void q2k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 80);
        float minimum = half(bytes, from + 82);
        for (int group = 0; group < 16; group++) {
            int packed = bytes[from + group];
            float groupScale = scale * (packed & 0xF);
            float groupMinimum = minimum * ((packed >> 4) & 0xF);
            int numbers = from + 16 + 32 * (group / 8) + 16 * (group % 2);
            int shift = 2 * (group % 8 / 2);
            int first = to + 16 * group;
            for (int i = 0; i < 16; i++) {
                values[first + i] = groupScale * ((bytes[numbers + i] >> shift) & 3) - groupMinimum;
            }
        }
    }

    /** 32 bytes of third bits, 64 bytes of four numbers each that lie 32 apart, 12 bytes of 16 scales, scale; less 4. */
    static void q3k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 108);
        for (int quarter = 0; quarter < 4; quarter++) {
            int group = 8 * (quarter / 2) + quarter % 2;
            float scale0 = scale * offsetScale(bytes, from + 96, group);
            float scale1 = scale * offsetScale(bytes, from + 96, group + 2);
            float scale2 = scale * offsetScale(bytes, from + 96, group + 4);
            float scale3 = scale * offsetScale(bytes, from + 96, group + 6);
            int thirds = from + 16 * (quarter % 2);
            int thirdsShift = 4 * (quarter / 2);
            int numbers = from + 32 + 16 * quarter;
            int first = to + 16 * group;
            for (int i = 0; i < 16; i++) {
                int packed = bytes[numbers + i];
                int third = bytes[thirds + i] >> thirdsShift;
                values[first + i] = scale0 * (((packed & 3) | ((third << 2) & 4)) - 4);
                values[first + 32 + i] = scale1 * ((((packed >> 2) & 3) | ((third << 1) & 4)) - 4);
                values[first + 64 + i] = scale2 * ((((packed >> 4) & 3) | (third & 4)) - 4);
                values[first + 96 + i] = scale3 * ((((packed >> 6) & 3) | ((third >> 1) & 4)) - 4);
            }
        }
    }

    /** scale, minimum, 12 bytes of 8 scales and minima, 128 bytes of two numbers each that lie 32 apart. */
    static void q4k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        for (int quarter = 0; quarter < 4; quarter++) {
            float scale0 = scale * groupScale(bytes, from + 4, 2 * quarter);
            float scale1 = scale * groupScale(bytes, from + 4, 2 * quarter + 1);
            float minimum0 = minimum * groupMinimum(bytes, from + 4, 2 * quarter);
            float minimum1 = minimum * groupMinimum(bytes, from + 4, 2 * quarter + 1);
            int numbers = from + 16 + 32 * quarter;
            int first = to + 64 * quarter;
            for (int i = 0; i < 32; i++) {
                int packed = bytes[numbers + i];
                values[first + i] = scale0 * (packed & 0xF) - minimum0;
                values[first + 32 + i] = scale1 * ((packed >> 4) & 0xF) - minimum1;
            }
        }
    }

    /** As Q4_K, with 32 bytes of fifth bits before the numbers. */
    static void q5k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        int fifths = from + 16;
        for (int quarter = 0; quarter < 4; quarter++) {
            float scale0 = scale * groupScale(bytes, from + 4, 2 * quarter);
            float scale1 = scale * groupScale(bytes, from + 4, 2 * quarter + 1);
            float minimum0 = minimum * groupMinimum(bytes, from + 4, 2 * quarter);
            float minimum1 = minimum * groupMinimum(bytes, from + 4, 2 * quarter + 1);
            int numbers = from + 48 + 32 * quarter;
            int first = to + 64 * quarter;
            for (int i = 0; i < 32; i++) {
                int packed = bytes[numbers + i];
                int fifth = bytes[fifths + i] >> (2 * quarter);
                values[first + i] = scale0 * ((packed & 0xF) | ((fifth << 4) & 0x10)) - minimum0;
                values[first + 32 + i] = scale1 * (((packed >> 4) & 0xF) | ((fifth << 3) & 0x10)) - minimum1;
            }
        }
    }

    /** 128 bytes of two lower halves each, 64 bytes of the upper bits of four numbers each, 16 scales, scale; less 32. */
    static void q6k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 208);
        for (int quarter = 0; quarter < 4; quarter++) {
            int group = 8 * (quarter / 2) + quarter % 2;
            float scale0 = scale * bytes[from + 192 + group];
            float scale1 = scale * bytes[from + 192 + group + 2];
            float scale2 = scale * bytes[from + 192 + group + 4];
            float scale3 = scale * bytes[from + 192 + group + 6];
            int lows = from + 64 * (quarter / 2) + 16 * (quarter % 2);
            int highs = from + 128 + 16 * quarter;
            int first = to + 16 * group;
            for (int i = 0; i < 16; i++) {
                int low = bytes[lows + i];
                int nextLow = bytes[lows + 32 + i];
                int high = bytes[highs + i];
                values[first + i] = scale0 * (((low & 0xF) | ((high << 4) & 0x30)) - 32);
                values[first + 32 + i] = scale1 * (((nextLow & 0xF) | ((high << 2) & 0x30)) - 32);
                values[first + 64 + i] = scale2 * ((((low >> 4) & 0xF) | (high & 0x30)) - 32);
                values[first + 96 + i] = scale3 * ((((nextLow >> 4) & 0xF) | ((high >> 2) & 0x30)) - 32);
            }
        }
    }

    /** Six bits, four of them apart from the upper two; less 32. */
    private static int offsetScale(byte[] bytes, int from, int group) {
        int low = (bytes[from + group % 8] >> (4 * (group / 8))) & 0xF;
        int high = (bytes[from + 8 + group % 4] >> (2 * (group / 4))) & 3;
        return (low | (high << 4)) - 32;
    }

    /** Six bits: those of groups 0 to 3 in one byte each, of groups 4 to 7 four bits apart from the upper two. */
    private static int groupScale(byte[] bytes, int from, int group) {
        return group < 4
                ? bytes[from + group] & 63
                : (bytes[from + 4 + group] & 0xF) | ((bytes[from + group - 4] >> 2) & 0x30);
    }

    private static int groupMinimum(byte[] bytes, int from, int group) {
        return group < 4
                ? bytes[from + 4 + group] & 63
                : ((bytes[from + 4 + group] >> 4) & 0xF) | ((bytes[from + group] >> 2) & 0x30);
    }
}
