package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.Verdict;
import java.io.Serializable;
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
public record Policy(Set<Rule> rules) implements Serializable {

    /** Everything is allowed. */
    public static final Policy NONE = new Policy(Set.of());

    public Policy {
        rules = rules.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(rules));
    }

    /** The report of a model that is held to the policy: with what is against it, if anything is not allowed. */
    public DetectionReport applied(DetectionReport report) {
        return rules.isEmpty()
                ? report
                : report.with(new DetectionReport.PolicyOutcome(
                        rules.stream().sorted().map(Rule::toString).toList(), violations(report)));
    }

    /**
     * What a report tells against the policy, rule by rule: weights, then sets, in the order of the report. A model that
     * computes no finite numbers is broken worse than any verdict says: it is against every rule.
     */
    List<Violation> violations(DetectionReport report) {
        return rules.stream()
                .sorted()
                .flatMap(rule -> report.brokeDown()
                        ? Stream.of(new Violation(
                                rule.toString(), "numbers that are not finite in the computation", List.of()))
                        : violations(rule, report))
                .toList();
    }

    private static Stream<Violation> violations(Rule rule, DetectionReport report) {
        return switch (rule) {
            case CRITICAL -> verdicts(rule, Verdict.CRITICAL, report);
            case HIGH -> verdicts(rule, Verdict.HIGH, report);
            case MODERATE -> verdicts(rule, Verdict.MODERATE, report);
            case SET -> report.sets().stream().map(set -> violation(rule, set, report));
            case FLIP_CRITICAL ->
                Stream.concat(
                        report.superWeights().stream()
                                .filter(weight -> isCritical(weight.flipVerdict()))
                                .map(weight -> flipped(rule, place(weight), weight.name())),
                        report.otherSpikes().stream()
                                .filter(spike -> isCritical(spike.flipVerdict()))
                                .map(spike -> flipped(
                                        rule,
                                        place(spike.layer(), spike.expert(), spike.row(), spike.column()),
                                        spike.name())));
            case NON_FINITE -> Stream.empty();
        };
    }

    private static boolean isCritical(Optional<Verdict> verdict) {
        return verdict.equals(Optional.of(Verdict.CRITICAL));
    }

    private static Stream<Violation> verdicts(Rule rule, Verdict limit, DetectionReport report) {
        return Stream.concat(
                report.superWeights().stream()
                        .filter(weight -> weight.verdict().isAtLeast(limit))
                        .map(weight ->
                                new Violation(rule.toString(), "weight " + place(weight), List.of(weight.name()))),
                report.sets().stream()
                        .filter(set -> set.verdict().isAtLeast(limit))
                        .map(set -> violation(rule, set, report)));
    }

    private static Violation violation(Rule rule, DetectionReport.WeightSet set, DetectionReport report) {
        List<String> layers = report.superWeights().stream()
                .filter(weight -> set.members().contains(weight.name()))
                .map(DetectionReport.SuperWeight::layer)
                .distinct()
                .sorted()
                .map(Object::toString)
                .toList();
        return new Violation(
                rule.toString(),
                "set of %d weights in %s %s"
                        .formatted(
                                set.members().size(),
                                layers.size() == 1 ? "layer" : "layers",
                                String.join(" and ", layers)),
                set.members());
    }

    private static Violation flipped(Rule rule, String place, String name) {
        return new Violation(rule.toString(), "sign of weight " + place, List.of(name));
    }

    private static String place(DetectionReport.SuperWeight weight) {
        return place(weight.layer(), weight.expert(), weight.row(), weight.column());
    }

    private static String place(int layer, Optional<Integer> expert, int row, int column) {
        return "[%d, %d] in layer %d%s"
                .formatted(
                        row,
                        column,
                        layer,
                        expert.map(number -> ", expert " + number).orElse(""));
    }
}
