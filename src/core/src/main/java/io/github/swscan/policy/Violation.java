package io.github.swscan.policy;

import io.github.swscan.report.Verdict;

/**
 * What of a report a policy does not allow.
 *
 * @param failOn the verdict that the policy names
 * @param finding what is against it, for people
 */
public record Violation(Verdict failOn, String finding) {}
