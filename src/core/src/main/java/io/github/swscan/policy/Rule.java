package io.github.swscan.policy;

import io.github.swscan.report.finding.FindingRule;
import java.util.Locale;
import java.util.Set;

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
    NON_FINITE,
    /** A pickle that loads what no weights need. */
    UNSAFE_PICKLE,
    /** What a baseline tells is another now. */
    CHANGED;

    /** The findings that may be against it. */
    Set<FindingRule> findings() {
        return switch (this) {
            case CRITICAL -> Set.of(FindingRule.CRITICAL_SET, FindingRule.CRITICAL_WEIGHT);
            case HIGH, MODERATE ->
                Set.of(
                        FindingRule.CRITICAL_SET,
                        FindingRule.CRITICAL_WEIGHT,
                        FindingRule.WEIGHT_SET,
                        FindingRule.SUPER_WEIGHT);
            case SET -> Set.of(FindingRule.CRITICAL_SET, FindingRule.WEIGHT_SET);
            case FLIP_CRITICAL -> Set.of(FindingRule.CRITICAL_SIGN);
            case NON_FINITE -> Set.of(FindingRule.NON_FINITE);
            case UNSAFE_PICKLE -> Set.of(FindingRule.UNSAFE_PICKLE);
            case CHANGED -> Set.of(FindingRule.SUPER_WEIGHT_CHANGED);
        };
    }

    /** As users type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
