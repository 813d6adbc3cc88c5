package io.github.swscan.checkpoint.quantized;

/** Which number a code stands for, before scales. */
public enum CodeNumbers {
    /** Itself. */
    INTEGERS,
    /** OCP 4-bit floating point, two exponent bits and one of mantissa. */
    E2M1;

    private static final float[] HALF = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};

    private static final float[] E2M1_NUMBERS = new float[16];

    static {
        for (int code = 0; code < E2M1_NUMBERS.length; code++) {
            E2M1_NUMBERS[code] = code < 8 ? HALF[code] : -HALF[code - 8];
        }
    }

    /** Puts the number of each code where the code is in its array. */
    void of(int[] codes, float[] numbers) {
        switch (this) {
            case INTEGERS -> {
                for (int i = 0; i < codes.length; i++) {
                    numbers[i] = codes[i];
                }
            }
            case E2M1 -> {
                for (int i = 0; i < codes.length; i++) {
                    numbers[i] = E2M1_NUMBERS[codes[i]];
                }
            }
        }
    }
}
