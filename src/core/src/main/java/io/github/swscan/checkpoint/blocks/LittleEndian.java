package io.github.swscan.checkpoint.blocks;

import io.github.swscan.checkpoint.tensor.DType;

/** What several bytes of a block are together. */
final class LittleEndian {

    private LittleEndian() {}

    /** IEEE 754 binary16. */
    static float half(byte[] bytes, int from) {
        return DType.halfToFloat((short) int16(bytes, from));
    }

    /** Sixteen bits without a sign. */
    static int int16(byte[] bytes, int from) {
        return (bytes[from] & 0xFF) | ((bytes[from + 1] & 0xFF) << 8);
    }

    static int int32(byte[] bytes, int from) {
        return int16(bytes, from) | (int16(bytes, from + 2) << 16);
    }
}
