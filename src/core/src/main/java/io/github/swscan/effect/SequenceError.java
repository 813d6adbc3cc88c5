package io.github.swscan.effect;

import java.util.Arrays;

/** The standard error of a mean over tokens: neighbours share their text, so that it is that of a mean over sequences. */
final class SequenceError {

    private SequenceError() {}

    /**
     * Of the mean of some values; over the values where there is only one sequence, and 0 where there is one value or they
     * are not finite.
     *
     * @param tokens how many values there are of each sequence, one sequence after the other
     */
    static double of(double[] values, int[] tokens) {
        double[] means = means(values, tokens);
        return Statistic.mean(means.length > 1 ? means : values)
                .standardError()
                .filter(Double::isFinite)
                .orElse(0.0);
    }

    /** Of each sequence that has values. */
    private static double[] means(double[] values, int[] tokens) {
        double[] means = new double[tokens.length];
        int count = 0;
        int first = 0;
        for (int length : tokens) {
            if (length > 0) {
                means[count++] = Arrays.stream(values, first, first + length).sum() / length;
                first += length;
            }
        }
        return Arrays.copyOf(means, count);
    }
}
