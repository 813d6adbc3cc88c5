package io.github.swscan.effect;

import java.util.Arrays;
import java.util.Optional;

/**
 * A number that is the mean of a sample of predictions or items.
 *
 * @param standardError empty where there are fewer than two items
 */
public record Statistic(double value, Optional<Double> standardError) {

    /** The mean, and the standard deviation (with n - 1) over the root of n. */
    public static Statistic mean(double[] values) {
        double mean = Arrays.stream(values).sum() / values.length;
        if (values.length < 2) {
            return new Statistic(mean, Optional.empty());
        }
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Statistic(mean, Optional.of(Math.sqrt(squares / (values.length - 1) / values.length)));
    }

    /** The exponential, with the standard error that follows from the slope at this value; as far as doubles go. */
    public Statistic exponential() {
        double exponential = finite(Math.exp(value));
        return new Statistic(exponential, standardError.map(error -> finite(exponential * error)));
    }

    private static double finite(double number) {
        return Double.isNaN(number) ? Double.MAX_VALUE : Math.min(Double.MAX_VALUE, number);
    }
}
