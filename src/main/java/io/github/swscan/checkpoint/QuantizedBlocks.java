package io.github.swscan.checkpoint;

/**
 * Turns the block formats of <a href="https://github.com/ggml-org/ggml">ggml</a> into numbers. A block holds small whole
 * numbers, packed, and the scales that they are multiplied with. Of the formats whose blocks have 32 numbers: a number is
 * {@code scale * q} or {@code scale * q + minimum}. Of those with 256 ("K-quants"): the same with scales of 16 or 32
 * numbers that are themselves small whole numbers times a scale of the block.
 *
 * <p>All methods take whole blocks from {@code bytes} and fill {@code values}; products are formed in the order in which
 * ggml forms them, so that the floats are the same.
 */
final class QuantizedBlocks {

    private QuantizedBlocks() {}

    /**
     * Decodes blocks that lie one after the other.
     *
     * @param format a type with blocks
     * @param bytes whole blocks
     * @param values is filled with their numbers
     */
    static void decode(DType format, byte[] bytes, float[] values) {
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

    /** 16 bytes of scale and minimum, 64 bytes of four numbers each, scale, minimum. */
    private static void q2k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 80);
        float minimum = half(bytes, from + 82);
        for (int group = 0; group < 16; group++) {
            int packed = bytes[from + group];
            float groupScale = scale * (packed & 0xF);
            float groupMinimum = minimum * ((packed >> 4) & 0xF);
            for (int i = 16 * group; i < 16 * group + 16; i++) {
                values[to + i] = groupScale * twoBits(bytes, from + 16, i) - groupMinimum;
            }
        }
    }

    /** 32 bytes of third bits, 64 bytes of four numbers each, 12 bytes of 16 scales, scale. */
    private static void q3k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 108);
        for (int group = 0; group < 16; group++) {
            int low = (bytes[from + 96 + group % 8] >> (4 * (group / 8))) & 0xF;
            int high = (bytes[from + 104 + group % 4] >> (2 * (group / 4))) & 3;
            float groupScale = scale * ((low | (high << 4)) - 32);
            for (int i = 16 * group; i < 16 * group + 16; i++) {
                // The third bit is stored inverted: where it is 0, 4 goes off.
                int third = bit(bytes[from + i % 32], i / 32);
                values[to + i] = groupScale * (twoBits(bytes, from + 32, i) - 4 * (1 - third));
            }
        }
    }

    /** scale, minimum, 12 bytes of 8 scales and minima, 128 bytes of two numbers each. */
    private static void q4k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        for (int group = 0; group < 8; group++) {
            float groupScale = scale * groupScale(bytes, from + 4, group);
            float groupMinimum = minimum * groupMinimum(bytes, from + 4, group);
            for (int i = 32 * group; i < 32 * group + 32; i++) {
                values[to + i] = groupScale * fourBits(bytes, from + 16, i) - groupMinimum;
            }
        }
    }

    /** As Q4_K, with 32 bytes of fifth bits before the numbers. */
    private static void q5k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        for (int group = 0; group < 8; group++) {
            float groupScale = scale * groupScale(bytes, from + 4, group);
            float groupMinimum = minimum * groupMinimum(bytes, from + 4, group);
            for (int i = 32 * group; i < 32 * group + 32; i++) {
                int number = fourBits(bytes, from + 48, i) | (bit(bytes[from + 16 + i % 32], group) << 4);
                values[to + i] = groupScale * number - groupMinimum;
            }
        }
    }

    /** 128 bytes of lower halves, 64 bytes of the two upper bits, 16 scales, scale; less 32. */
    private static void q6k(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from + 208);
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int within = i % 128;
            int low = (bytes[from + 64 * half + within % 64] >> (4 * (within / 64))) & 0xF;
            int high = (bytes[from + 128 + 32 * half + within % 32] >> (2 * (within / 32))) & 3;
            float groupScale = scale * bytes[from + 192 + i / 16];
            values[to + i] = groupScale * ((low | (high << 4)) - 32);
        }
    }

    /** Of 128 numbers in 32 bytes: the first 32 are in the lowest two bits, the next in the two above, and so on. */
    private static int twoBits(byte[] bytes, int from, int index) {
        return (bytes[from + 32 * (index / 128) + index % 32] >> (2 * (index % 128 / 32))) & 3;
    }

    /** Of 64 numbers in 32 bytes: the first 32 are in the lower halves. */
    private static int fourBits(byte[] bytes, int from, int index) {
        return (bytes[from + 32 * (index / 64) + index % 32] >> (4 * (index % 64 / 32))) & 0xF;
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
