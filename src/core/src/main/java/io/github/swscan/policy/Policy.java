package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.Verdict;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a model is held to.
 *
 * @param rules empty if everything is allowed
 */
public record Policy(Set<Rule> rules) {

    public Policy {
        rules = rules.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(rules));
    }

    /**
     * What a report tells against the policy: the model first, then weights and sets in the order of the report. A model
     * that computes no finite numbers is broken worse than any verdict says: it is against every rule. An ablation has no
     * verdicts, so that nothing is against it.
     */
    public List<Violation> violations(ReportDocument document) {
        if (!(document instanceof DetectionReport report)) {
            return List.of();
        }
        return rules.stream()
                .sorted()
                .flatMap(rule -> report.baseline().isEmpty()
                        ? Stream.of(new Violation(rule, "the model computes numbers that are not finite"))
                        : violations(rule, report))
                .toList();
    }

    private static Stream<Violation> violations(Rule rule, DetectionReport report) {
        return switch (rule) {
            case CRITICAL -> verdicts(rule, Verdict.CRITICAL, report);
            case HIGH -> verdicts(rule, Verdict.HIGH, report);
            case MODERATE -> verdicts(rule, Verdict.MODERATE, report);
            case SET -> report.sets().stream().map(set -> violation(rule, set));
            case FLIP_CRITICAL ->
                Stream.concat(
                        report.superWeights().stream()
                                .filter(weight -> weight.flipVerdict().equals(Optional.of(Verdict.CRITICAL)))
                                .map(weight -> flipped(rule, weight.name())),
                        report.otherSpikes().stream()
                                .filter(spike -> spike.flipVerdict().equals(Optional.of(Verdict.CRITICAL)))
                                .map(spike -> flipped(rule, spike.name())));
            case NON_FINITE -> Stream.empty();
        };
    }

    private static Stream<Violation> verdicts(Rule rule, Verdict limit, DetectionReport report) {
        return Stream.concat(
                report.superWeights().stream()
                        .filter(weight -> weight.verdict().isAtLeast(limit))
                        .map(weight -> new Violation(rule, weight.name() + " is " + weight.verdict())),
                report.sets().stream()
                        .filter(set -> set.verdict().isAtLeast(limit))
                        .map(set -> violation(rule, set)));
    }

    private static Violation violation(Rule rule, DetectionReport.WeightSet set) {
        return new Violation(rule, "the set of %s is %s".formatted(String.join(" and ", set.members()), set.verdict()));
    }

    private static Violation flipped(Rule rule, String weight) {
        return new Violation(rule, "turning the sign of " + weight + " is critical");
    }
}
