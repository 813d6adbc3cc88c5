package io.github.swscan.policy;

import java.util.Locale;

/** What a model must not have. */
public enum Rule {
    /** A weight or a set with this verdict. */
    CRITICAL,
    /** One with this verdict or a stronger one. */
    HIGH,
    /** One with this verdict or a stronger one. */
    MODERATE,
    /** A set of weights that matter together. */
    SET,
    /** A weight whose sign is critical, whatever its removal does. */
    FLIP_CRITICAL,
    /** NaN or infinities in what it computes. */
    NON_FINITE;

    /** As users type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
