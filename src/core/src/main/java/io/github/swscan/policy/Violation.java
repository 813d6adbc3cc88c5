package io.github.swscan.policy;

/**
 * What of a report a policy does not allow.
 *
 * @param rule the rule that it is against
 * @param finding what is against it, for people
 */
public record Violation(Rule rule, String finding) {}
