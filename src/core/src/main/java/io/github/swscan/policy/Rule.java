package io.github.swscan.policy;

import io.github.swscan.report.finding.FindingRule;
import java.util.Locale;
import java.util.Set;

/** What a model must not have. */
public enum Rule {
    /** A weight or a set with this verdict. */
    CRITICAL(FindingRule.CRITICAL_SET, FindingRule.CRITICAL_WEIGHT),
    /** One with this verdict or a stronger one. */
    HIGH(FindingRule.CRITICAL_SET, FindingRule.CRITICAL_WEIGHT, FindingRule.WEIGHT_SET, FindingRule.SUPER_WEIGHT),
    /** One with this verdict or a stronger one. */
    MODERATE(FindingRule.CRITICAL_SET, FindingRule.CRITICAL_WEIGHT, FindingRule.WEIGHT_SET, FindingRule.SUPER_WEIGHT),
    /** A set of weights that matter together. */
    SET(FindingRule.CRITICAL_SET, FindingRule.WEIGHT_SET),
    /** A weight whose sign is critical, whatever its removal does. */
    FLIP_CRITICAL(FindingRule.CRITICAL_SIGN),
    /** NaN or infinities in what it computes. */
    NON_FINITE(FindingRule.NON_FINITE),
    /** A pickle that loads what no weights need. */
    UNSAFE_PICKLE(FindingRule.UNSAFE_PICKLE),
    /** What a baseline tells is another now. */
    CHANGED(FindingRule.SUPER_WEIGHT_CHANGED);

    private final Set<FindingRule> findings;

    Rule(FindingRule... findings) {
        this.findings = Set.of(findings);
    }

    /** The findings that may be against it. */
    Set<FindingRule> findings() {
        return findings;
    }

    /** As users type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
