package io.github.swscan.text.tokenizer;

import java.math.BigDecimal;
import java.util.stream.IntStream;

/**
 * Numbers for the native library. It reads the digits of one as a whole number, which it makes a double and divides by a
 * power of ten, each time rounding: for one in five scores of pieces that is another double than the nearest one. Scores
 * are added up, and which of two equal sums is larger is a matter of their last digits.
 */
final class LibraryNumber {

    /** All that are doubles without rounding: larger ones are not. */
    private static final double[] POWERS_OF_TEN = IntStream.rangeClosed(0, 22)
            .mapToDouble(exponent -> BigDecimal.ONE.movePointRight(exponent).doubleValue())
            .toArray();

    /** 2 to the 64th: from here on the library goes another way. */
    private static final double END_OF_WHOLE = 0x1p64;

    private LibraryNumber() {}

    /** Digits of which the library makes this very number, if there are any; else those that come nearest. */
    static String written(double value) {
        BigDecimal shortest = BigDecimal.valueOf(value);
        if (isReadAs(value, shortest.unscaledValue().doubleValue(), shortest.scale())) {
            return shortest.toPlainString();
        }
        for (int decimals = POWERS_OF_TEN.length - 1; decimals > 0; decimals--) {
            double whole = value * POWERS_OF_TEN[decimals];
            for (double near : new double[] {whole, Math.nextUp(whole), Math.nextDown(whole)}) {
                if (isReadAs(value, near, decimals)) {
                    return new BigDecimal(new BigDecimal(near).toBigIntegerExact(), decimals).toPlainString();
                }
            }
        }
        return shortest.toPlainString();
    }

    private static boolean isReadAs(double value, double whole, int decimals) {
        return decimals >= 0
                && decimals < POWERS_OF_TEN.length
                && Math.abs(whole) < END_OF_WHOLE
                && whole == Math.rint(whole)
                && whole / POWERS_OF_TEN[decimals] == value;
    }
}
