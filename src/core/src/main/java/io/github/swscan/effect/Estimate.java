package io.github.swscan.effect;

import java.util.Optional;

/**
 * A mean over the evaluated tokens.
 *
 * @param interval in which it lies with the confidence of {@link Bootstrap#CONFIDENCE}; empty where there are fewer than
 *     {@link Bootstrap#FEWEST_SEQUENCES} sequences
 */
public record Estimate(double value, Optional<Interval> interval) {

    public record Interval(double low, double high) {}
}
