package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.DType;
import java.nio.ByteBuffer;

/** Which number a code stands for, before scales. */
public enum CodeNumbers {
    /** Itself. */
    INTEGERS(new float[0]),
    /** OCP 4-bit floating point, two exponent bits and one of mantissa. */
    E2M1(twoBitsOfExponent(1)),
    /** OCP 6-bit floating point, two exponent bits and three of mantissa. */
    E2M3(twoBitsOfExponent(3)),
    /** OCP 8-bit floating point, four exponent bits and three of mantissa. */
    E4M3(bytes(DType.F8_E4M3)),
    /** OCP 8-bit floating point, five exponent bits and two of mantissa. */
    E5M2(bytes(DType.F8_E5M2));

    /** By code; none where codes stand for themselves. */
    private final float[] numbers;

    CodeNumbers(float[] numbers) {
        this.numbers = numbers;
    }

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
        if (this == INTEGERS) {
            for (int i = 0; i < codes.length; i++) {
                target[i] = codes[i];
            }
        } else {
            int mask = numbers.length - 1;
            for (int i = 0; i < codes.length; i++) {
                target[i] = numbers[codes[i] & mask];
            }
        }
    }
}
