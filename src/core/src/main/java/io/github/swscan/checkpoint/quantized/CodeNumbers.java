package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.DType;
import java.nio.ByteBuffer;

/** Which number a code stands for, before scales. */
public enum CodeNumbers {
    /** Itself. */
    INTEGERS,
    /** OCP 4-bit floating point, two exponent bits and one of mantissa. */
    E2M1,
    /** OCP 6-bit floating point, two exponent bits and three of mantissa. */
    E2M3,
    /** OCP 8-bit floating point, four exponent bits and three of mantissa. */
    E4M3,
    /** OCP 8-bit floating point, five exponent bits and two of mantissa. */
    E5M2;

    private static final float[] E2M1_NUMBERS = twoBitsOfExponent(1);
    private static final float[] E2M3_NUMBERS = twoBitsOfExponent(3);
    private static final float[] E4M3_NUMBERS = bytes(DType.F8_E4M3);
    private static final float[] E5M2_NUMBERS = bytes(DType.F8_E5M2);

    /** A sign, an exponent that is one more than stored, or 0 for numbers below 1, and the mantissa. */
    private static float[] twoBitsOfExponent(int mantissaBits) {
        int ones = 1 << mantissaBits;
        float[] numbers = new float[8 * ones];
        for (int code = 0; code < numbers.length; code++) {
            int exponent = (code >> mantissaBits) & 3;
            float mantissa = (float) (code & (ones - 1)) / ones;
            float magnitude = exponent == 0 ? mantissa : (1 + mantissa) * (1 << (exponent - 1));
            numbers[code] = code < 4 * ones ? magnitude : -magnitude;
        }
        return numbers;
    }

    private static float[] bytes(DType dtype) {
        float[] numbers = new float[256];
        for (int code = 0; code < numbers.length; code++) {
            numbers[code] = dtype.floatAt(ByteBuffer.wrap(new byte[] {(byte) code}), 0);
        }
        return numbers;
    }

    /** Puts the number of each code where the code is in its array. */
    public void of(int[] codes, float[] target) {
        switch (this) {
            case INTEGERS -> {
                for (int i = 0; i < codes.length; i++) {
                    target[i] = codes[i];
                }
            }
            case E2M1 -> look(codes, E2M1_NUMBERS, target);
            case E2M3 -> look(codes, E2M3_NUMBERS, target);
            case E4M3 -> look(codes, E4M3_NUMBERS, target);
            case E5M2 -> look(codes, E5M2_NUMBERS, target);
        }
    }

    /** Codes may be signed: the bits that a number of the table has count. */
    private static void look(int[] codes, float[] numbers, float[] target) {
        int mask = numbers.length - 1;
        for (int i = 0; i < codes.length; i++) {
            target[i] = numbers[codes[i] & mask];
        }
    }
}
