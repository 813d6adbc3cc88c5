package io.github.swscan.text.tokenizer;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Numbers for the native library. It reads the digits of one as a whole number, which it makes a double and divides by a
 * power of ten, each time rounding: for one in five scores of pieces that is another double than the nearest one. Scores
 * are added up, and which of two equal sums is larger is a matter of their last digits.
 */
final class LibraryNumber {

    /** Larger powers of ten are no doubles. */
    private static final int MOST_DECIMALS = 22;

    private static final BigDecimal LARGEST_WHOLE = BigDecimal.valueOf(Long.MAX_VALUE);

    private LibraryNumber() {}

    /** Digits of which the library makes this very number, if there are any; else those that come nearest. */
    static String written(double value) {
        BigDecimal shortest = BigDecimal.valueOf(value);
        if (isReadAs(value, shortest)) {
            return shortest.toPlainString();
        }
        BigDecimal exact = new BigDecimal(value);
        for (int decimals = 1; decimals <= MOST_DECIMALS; decimals++) {
            double whole = exact.movePointRight(decimals).doubleValue();
            for (double near : new double[] {whole, Math.nextUp(whole), Math.nextDown(whole)}) {
                BigDecimal digits = new BigDecimal(near);
                if (near == Math.rint(near) && digits.abs().compareTo(LARGEST_WHOLE) <= 0) {
                    BigDecimal written = new BigDecimal(digits.toBigIntegerExact(), decimals);
                    if (isReadAs(value, written)) {
                        return written.toPlainString();
                    }
                }
            }
        }
        return shortest.toPlainString();
    }

    private static boolean isReadAs(double value, BigDecimal written) {
        BigInteger whole = written.unscaledValue();
        int decimals = written.scale();
        return decimals >= 0
                && decimals <= MOST_DECIMALS
                && whole.doubleValue() / BigDecimal.ONE.movePointRight(decimals).doubleValue() == value;
    }
}
