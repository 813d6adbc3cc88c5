package io.github.swscan.report;

import java.util.Locale;

/** How much a weight matters, the strongest first. */
public enum Verdict {
    CRITICAL,
    HIGH,
    MODERATE,
    HARMLESS;

    /** Whether it is this verdict or a stronger one. */
    public boolean isAtLeast(Verdict limit) {
        return compareTo(limit) <= 0;
    }

    /** The name that reports use. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
