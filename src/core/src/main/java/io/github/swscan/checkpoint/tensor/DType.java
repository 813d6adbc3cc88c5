package io.github.swscan.checkpoint.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How the elements of a tensor are stored: the types of the <a
 * href="https://github.com/huggingface/safetensors#format">safetensors format</a> whose elements are whole bytes, and the
 * formats of GGUF files that hold elements in blocks, under the names they have there. Values are little-endian.
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
    U64(8),
    Q1_0(128, 18),
    Q2_0(64, 18),
    Q4_0(32, 18),
    Q4_1(32, 20),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q8_0(32, 34),
    Q2_K(256, 84),
    Q3_K(256, 110),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210),
    IQ1_S(256, 50),
    IQ1_M(256, 56),
    IQ2_XXS(256, 66),
    IQ2_XS(256, 74),
    IQ2_S(256, 82),
    IQ3_XXS(256, 98),
    IQ3_S(256, 110),
    IQ4_NL(32, 18),
    IQ4_XS(256, 136),
    TQ1_0(256, 54),
    TQ2_0(256, 66),
    MXFP4(32, 17),
    NVFP4(64, 36);

    private static final Map<String, DType> BY_NAME = Arrays.stream(values())
            .filter(dtype -> !dtype.isInBlocks())
            .collect(Collectors.toUnmodifiableMap(DType::name, Function.identity()));

    private static final float[] E4M3 = allBytes(DType::e4m3ToFloat);

    /** E5M2 is the upper half of binary16. */
    private static final float[] E5M2 = allBytes(bits -> halfToFloat((short) (bits << 8)));

    private final int blockElements;
    private final int bytes;

    DType(int bytes) {
        this(1, bytes);
    }

    DType(int blockElements, int bytes) {
        this.blockElements = blockElements;
        this.bytes = bytes;
    }

    /** The size in bytes of one element, or of one block where elements are stored in blocks. */
    public int bytes() {
        return bytes;
    }

    /** The size in bytes of a number of elements that is whole blocks. */
    public long bytes(long elements) {
        return Math.multiplyExact(elements / blockElements, bytes);
    }

    /** How many elements are stored together; 1 for the types of safetensors. */
    public int blockElements() {
        return blockElements;
    }

    /** Whether several elements are stored together. */
    public boolean isInBlocks() {
        return blockElements > 1;
    }

    /** Whether the elements are floating-point numbers of a byte. */
    public boolean isFloat8() {
        return this == F8_E4M3 || this == F8_E5M2;
    }

    /** Whether the elements stand for numbers that can be computed with. */
    public boolean isComputable() {
        return switch (this) {
            case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
            default -> isInBlocks();
        };
    }

    /**
     * The element at a byte index as the nearest float.
     *
     * @param bytes little-endian
     * @throws IllegalArgumentException if this type is not {@link #isComputable computable}, or is stored in blocks
     */
    public float floatAt(ByteBuffer bytes, int index) {
        return switch (this) {
            case F64 -> (float) bytes.getDouble(index);
            case F32 -> bytes.getFloat(index);
            case F16 -> halfToFloat(bytes.getShort(index));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(index) << 16);
            case F8_E4M3 -> E4M3[Byte.toUnsignedInt(bytes.get(index))];
            case F8_E5M2 -> E5M2[Byte.toUnsignedInt(bytes.get(index))];
            default -> throw new IllegalArgumentException("not a number by itself: " + this);
        };
    }

    /** Whether {@link #put} writes elements of this type. */
    public boolean isWritable() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            default -> false;
        };
    }

    /**
     * Writes the element that is nearest to a float, ties to even.
     *
     * @param bytes little-endian
     * @throws IllegalArgumentException if this type is not {@link #isWritable writable}
     */
    public void put(ByteBuffer bytes, int index, float value) {
        switch (this) {
            case F64 -> bytes.putDouble(index, value);
            case F32 -> bytes.putFloat(index, value);
            case F16 -> bytes.putShort(index, floatToHalf(value));
            case BF16 -> bytes.putShort(index, (short) (Float.floatToRawIntBits(roundToBfloat16(value)) >>> 16));
            default -> throw new IllegalArgumentException("not writable: " + this);
        }
    }

    /** The element nearest to a float, ties to even; for types that are not {@link #isWritable writable}, the float. */
    public float nearest(float value) {
        if (!isWritable()) {
            return value;
        }
        ByteBuffer element = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        put(element, 0, value);
        return floatAt(element, 0);
    }

    /**
     * Elements as the nearest floats, the first of them at the beginning.
     *
     * @param bytes little-endian
     * @param step from one element to the next, in bytes
     * @param values where the elements go
     * @param first the place of the first
     * @param count how many elements
     * @throws IllegalArgumentException if this type is not {@link #isComputable computable}
     */
    public void read(ByteBuffer bytes, long step, float[] values, int first, int count) {
        if (step == 1 && (this == F8_E4M3 || this == F8_E5M2)) {
            // Faster by far than one number at a time.
            byte[] stored = new byte[count];
            bytes.get(0, stored);
            float[] numbers = this == F8_E4M3 ? E4M3 : E5M2;
            for (int i = 0; i < count; i++) {
                values[first + i] = numbers[Byte.toUnsignedInt(stored[i])];
            }
        } else {
            for (int i = 0; i < count; i++) {
                values[first + i] = floatAt(bytes, (int) (i * step));
            }
        }
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
    public static float halfToFloat(short half) {
        int exponent = (half >> 10) & 0x1F;
        int fraction = half & 0x3FF;
        float magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24f;
                    case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Float.intBitsToFloat(((exponent + 112) << 23) | (fraction << 13));
                };
        return half < 0 ? -magnitude : magnitude;
    }

    /** Ties to even; what is too large becomes infinite. */
    private static short floatToHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return (short) (sign | 0x7E00);
        }
        if (magnitude >= 65520) {
            return (short) (sign | 0x7C00);
        }
        if (magnitude < 0x1p-14f) {
            // The distance of subnormal numbers is 2^-24; rint rounds ties to even.
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int kept = Float.floatToRawIntBits(magnitude) - (112 << 23);
        return (short) (sign | ((kept + 0xFFF + ((kept >>> 13) & 1)) >>> 13));
    }

    /** OCP E4M3: 1 sign, 4 exponent and 3 fraction bits; no infinities, and NaN only where all others are ones. */
    private static float e4m3ToFloat(byte bits) {
        int exponent = (bits >> 3) & 0xF;
        int fraction = bits & 0x7;
        float magnitude;
        if (exponent == 0xF && fraction == 0x7) {
            magnitude = Float.NaN;
        } else if (exponent == 0) {
            magnitude = fraction * 0x1p-9f;
        } else {
            magnitude = (1 + fraction * 0x1p-3f) * Math.scalb(1f, exponent - 7);
        }
        return bits < 0 ? -magnitude : magnitude;
    }

    private static float[] allBytes(ByteFunction value) {
        float[] values = new float[256];
        for (int bits = 0; bits < values.length; bits++) {
            values[bits] = value.of((byte) bits);
        }
        return values;
    }

    @FunctionalInterface
    private interface ByteFunction {
        float of(byte bits);
    }

    /** The type of that name in a safetensors header (case matters), if it is one of these. */
    public static Optional<DType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
