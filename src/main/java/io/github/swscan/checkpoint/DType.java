package io.github.swscan.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The element types of the <a href="https://github.com/huggingface/safetensors#format">safetensors format</a> whose
 * elements are whole bytes, under the names they have there. Values are little-endian.
 */
public enum DType {
    /** One byte, 0 or 1. */
    BOOL(1),
    U8(1),
    I8(1),
    /** OCP 8-bit floating point, 5 exponent bits. */
    F8_E5M2(1),
    /** OCP 8-bit floating point, 4 exponent bits, without infinities. */
    F8_E4M3(1),
    /** OCP power-of-two scale: exponent bits only. */
    F8_E8M0(1),
    I16(2),
    U16(2),
    /** IEEE 754 binary16. */
    F16(2),
    /** The upper half of an IEEE 754 binary32. */
    BF16(2),
    I32(4),
    U32(4),
    /** IEEE 754 binary32. */
    F32(4),
    /** IEEE 754 binary64. */
    F64(8),
    I64(8),
    U64(8);

    private static final Map<String, DType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(DType::name, Function.identity()));

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** The size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Whether the elements are floating-point numbers that {@link #floatAt} reads. */
    public boolean isComputable() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            default -> false;
        };
    }

    /**
     * The element at a byte index as the nearest float.
     *
     * @param bytes little-endian
     * @throws IllegalArgumentException if this type is not {@link #isComputable computable}
     */
    public float floatAt(ByteBuffer bytes, int index) {
        return switch (this) {
            case F64 -> (float) bytes.getDouble(index);
            case F32 -> bytes.getFloat(index);
            case F16 -> halfToFloat(bytes.getShort(index));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(index) << 16);
            default -> throw new IllegalArgumentException("not computable: " + this);
        };
    }

    /** The nearest number that bfloat16 has, ties to even. */
    public static float roundToBfloat16(float value) {
        if (Float.isNaN(value)) {
            return value;
        }
        int bits = Float.floatToRawIntBits(value);
        int rounded = bits + 0x7FFF + ((bits >>> 16) & 1);
        return Float.intBitsToFloat(rounded & 0xFFFF0000);
    }

    /** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
    private static float halfToFloat(short half) {
        int exponent = (half >> 10) & 0x1F;
        int fraction = half & 0x3FF;
        float magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24f;
                    case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> (1 + fraction * 0x1p-10f) * Math.scalb(1f, exponent - 15);
                };
        return half < 0 ? -magnitude : magnitude;
    }

    /** The type of that name in a safetensors header (case matters), if it is one of these. */
    public static Optional<DType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
