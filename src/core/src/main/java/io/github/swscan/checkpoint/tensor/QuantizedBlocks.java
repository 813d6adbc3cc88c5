package io.github.swscan.checkpoint.tensor;

/**
 * Turns the block formats of <a href="https://github.com/ggml-org/ggml">ggml</a> into numbers. A block holds small whole
 * numbers, packed, and the scales that they are multiplied with. Of the formats whose blocks have 32 numbers: a number is
 * {@code scale * q} or {@code scale * q + minimum}. Of those with 256 ("K-quants"): the same with scales of 16 or 32
 * numbers that are themselves small whole numbers times a scale of the block. In "I-quants" q is looked up in a table.
 *
 * <p>All methods take whole blocks from {@code bytes} and fill {@code values}; products are formed in the order in which
 * ggml forms them, so that the floats are the same.
 */
public final class QuantizedBlocks {

    /** What four bits stand for in IQ4_NL and IQ4_XS ({@code kvalues_iq4nl} of ggml). */
    private static final int[] UNEVEN = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    private QuantizedBlocks() {}

    /**
     * Decodes blocks that lie one after the other.
     *
     * @param format a type with blocks
     * @param bytes whole blocks
     * @param values is filled with their numbers
     */
    public static void decode(DType format, byte[] bytes, float[] values) {
        int blocks = values.length / format.blockElements();
        for (int block = 0; block < blocks; block++) {
            int from = block * format.bytes();
            int to = block * format.blockElements();
            switch (format) {
                case Q4_0 -> q40(bytes, from, values, to);
                case Q4_1 -> q41(bytes, from, values, to);
                case Q5_0 -> q50(bytes, from, values, to);
                case Q5_1 -> q51(bytes, from, values, to);
                case Q8_0 -> q80(bytes, from, values, to);
                case Q2_K -> q2k(bytes, from, values, to);
                case Q3_K -> q3k(bytes, from, values, to);
                case Q4_K -> q4k(bytes, from, values, to);
                case Q5_K -> q5k(bytes, from, values, to);
                case Q6_K -> q6k(bytes, from, values, to);
                case IQ4_NL -> iq4nl(bytes, from, values, to);
                case IQ4_XS -> iq4xs(bytes, from, values, to);
                default -> throw new IllegalArgumentException("no blocks in " + format);
            }
        }
    }

    /** scale, 16 bytes: the low halves are the first 16 numbers, the high halves the others; less 8. */
    private static void q40(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 2 + i];
            values[to + i] = scale * ((pair & 0xF) - 8);
            values[to + 16 + i] = scale * (((pair >> 4) & 0xF) - 8);
        }
    }

    /** scale, minimum, 16 bytes as in Q4_0. */
    private static void q41(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 4 + i];
            values[to + i] = scale * (pair & 0xF) + minimum;
            values[to + 16 + i] = scale * ((pair >> 4) & 0xF) + minimum;
        }
    }

    /** scale, the fifth bits of all 32 numbers, 16 bytes as in Q4_0; less 16. */
    private static void q50(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        int fifth = int32(bytes, from + 2);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 6 + i];
            values[to + i] = scale * (((pair & 0xF) | (bit(fifth, i) << 4)) - 16);
            values[to + 16 + i] = scale * ((((pair >> 4) & 0xF) | (bit(fifth, 16 + i) << 4)) - 16);
        }
    }

    /** scale, minimum, then as Q5_0. */
    private static void q51(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        int fifth = int32(bytes, from + 4);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 8 + i];
            values[to + i] = scale * ((pair & 0xF) | (bit(fifth, i) << 4)) + minimum;
            values[to + 16 + i] = scale * (((pair >> 4) & 0xF) | (bit(fifth, 16 + i) << 4)) + minimum;
        }
    }

    /** scale, 32 signed bytes. */
    private static void q80(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 32; i++) {
            values[to + i] = scale * bytes[from + 2 + i];
        }
    }

    /** 16 bytes of scale and minimum, 64 bytes of four numbers each that lie 32 apart, scale, minimum. */
    private static void q2k(byte[] bytes, int from, float[] values, int to) {
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
    private static void q3k(byte[] bytes, int from, float[] values, int to) {
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
    private static void q4k(byte[] bytes, int from, float[] values, int to) {
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
    private static void q5k(byte[] bytes, int from, float[] values, int to) {
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
    private static void q6k(byte[] bytes, int from, float[] values, int to) {
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

    /** scale, 16 bytes as in Q4_0. */
    private static void iq4nl(byte[] bytes, int from, float[] values, int to) {
        uneven(bytes, from + 2, half(bytes, from), values, to);
    }

    /** scale, 2 bytes of the upper two bits of 8 scales, 4 bytes of their lower halves, 128 bytes as in IQ4_NL. */
    private static void iq4xs(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        int highs = (bytes[from + 2] & 0xFF) | ((bytes[from + 3] & 0xFF) << 8);
        for (int group = 0; group < 8; group++) {
            int low = (bytes[from + 4 + group / 2] >> (4 * (group % 2))) & 0xF;
            int high = (highs >> (2 * group)) & 3;
            float groupScale = scale * ((low | (high << 4)) - 32);
            uneven(bytes, from + 8 + 16 * group, groupScale, values, to + 32 * group);
        }
    }

    /** 16 bytes: the low halves are the first 16 numbers, the high halves the others; each looked up. */
    private static void uneven(byte[] bytes, int from, float scale, float[] values, int to) {
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + i];
            values[to + i] = scale * UNEVEN[pair & 0xF];
            values[to + 16 + i] = scale * UNEVEN[(pair >> 4) & 0xF];
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

    private static int bit(int bits, int index) {
        return (bits >>> index) & 1;
    }

    private static float half(byte[] bytes, int from) {
        return DType.halfToFloat((short) ((bytes[from] & 0xFF) | (bytes[from + 1] << 8)));
    }

    private static int int32(byte[] bytes, int from) {
        return (bytes[from] & 0xFF)
                | ((bytes[from + 1] & 0xFF) << 8)
                | ((bytes[from + 2] & 0xFF) << 16)
                | (bytes[from + 3] << 24);
    }
}
