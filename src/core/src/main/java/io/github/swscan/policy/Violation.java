package io.github.swscan.policy;

/**
 * What of a report a policy does not allow.
 *
 * @param rule the rule that it is against
 * @param finding what is against it, for people: "weight [57, 123] in layer 1"
 */
public record Violation(Rule rule, String finding) {}
