package io.github.swscan.detect;

import java.util.Locale;

/** How much a weight matters, the strongest first. */
public enum Verdict {
    CRITICAL,
    HIGH,
    MODERATE,
    HARMLESS;

    /** The name that reports use. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
