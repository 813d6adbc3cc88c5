package io.github.swscan.report;

import java.util.Locale;

/** How much a weight matters, the strongest first. */
public enum Verdict {
    CRITICAL,
    HIGH,
    MODERATE,
    HARMLESS;

    /** The one of a {@link #label}. */
    public static Verdict of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }

    /** The name that reports use. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
