package io.github.swscan.checkpoint.blocks;

import static io.github.swscan.checkpoint.blocks.LittleEndian.half;
import static io.github.swscan.checkpoint.blocks.LittleEndian.int32;

/** Blocks of whole numbers with one scale: a number is {@code scale * q}, or {@code scale * q + minimum}. */
final class IntegerQuants {

    private IntegerQuants() {}

    /** scale, 16 bytes of eight bits each, the lowest first: a bit is 1 or -1. */
    static void q10(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 16; i++) {
            int eight = bytes[from + 2 + i];
            for (int k = 0; k < 8; k++) {
                values[to + 8 * i + k] = scale * (2 * bit(eight, k) - 1);
            }
        }
    }

    /** scale, 16 bytes of four numbers each, the lowest first; less 1. */
    static void q20(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 16; i++) {
            int four = bytes[from + 2 + i];
            for (int k = 0; k < 4; k++) {
                values[to + 4 * i + k] = scale * (((four >> (2 * k)) & 3) - 1);
            }
        }
    }

    /** scale, 16 bytes: the low halves are the first 16 numbers, the high halves the others; less 8. */
    static void q40(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 2 + i];
            values[to + i] = scale * ((pair & 0xF) - 8);
            values[to + 16 + i] = scale * (((pair >> 4) & 0xF) - 8);
        }
    }

    /** scale, minimum, 16 bytes as in Q4_0. */
    static void q41(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        float minimum = half(bytes, from + 2);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 4 + i];
            values[to + i] = scale * (pair & 0xF) + minimum;
            values[to + 16 + i] = scale * ((pair >> 4) & 0xF) + minimum;
        }
    }

    /** scale, the fifth bits of all 32 numbers, 16 bytes as in Q4_0; less 16. */
    static void q50(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        int fifth = int32(bytes, from + 2);
        for (int i = 0; i < 16; i++) {
            int pair = bytes[from + 6 + i];
            values[to + i] = scale * (((pair & 0xF) | (bit(fifth, i) << 4)) - 16);
            values[to + 16 + i] = scale * ((((pair >> 4) & 0xF) | (bit(fifth, 16 + i) << 4)) - 16);
        }
    }

    /** scale, minimum, then as Q5_0. */
    static void q51(byte[] bytes, int from, float[] values, int to) {
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
    static void q80(byte[] bytes, int from, float[] values, int to) {
        float scale = half(bytes, from);
        for (int i = 0; i < 32; i++) {
            values[to + i] = scale * bytes[from + 2 + i];
        }
    }

    private static int bit(int bits, int index) {
        return (bits >>> index) & 1;
    }
}
