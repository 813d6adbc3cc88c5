package io.github.swscan.checkpoint.quantized;

/** Which number a code stands for, before scales. */
public enum CodeNumbers {
    /** Itself. */
    INTEGERS,
    /** OCP 4-bit floating point, two exponent bits and one of mantissa. */
    E2M1;

    private static final float[] HALF = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};

    /** The numbers of all codes of so many bits. */
    float[] all(int bits) {
        float[] numbers = new float[1 << bits];
        for (int code = 0; code < numbers.length; code++) {
            numbers[code] = switch (this) {
                case INTEGERS -> code;
                case E2M1 -> code < 8 ? HALF[code] : -HALF[code - 8];
            };
        }
        return numbers;
    }
}
