package io.github.swscan.effect;

/**
 * From which effect on a weight is critical, high or moderate; in the unit of the {@link Measure} that is used.
 */
public record Thresholds(double critical, double high, double moderate) {

    public Thresholds {
        if (!(critical >= high && high >= moderate)) {
            throw new IllegalArgumentException("thresholds must not rise from critical to moderate");
        }
    }
}
