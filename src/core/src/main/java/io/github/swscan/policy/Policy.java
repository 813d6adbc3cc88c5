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
                .flatMap(rule -> report.brokeDown()
                        ? Stream.of(new Violation(rule, "numbers that are not finite in the computation"))
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
                                .map(weight -> flipped(rule, place(weight))),
                        report.otherSpikes().stream()
                                .filter(spike -> isCritical(spike.flipVerdict()))
                                .map(spike -> flipped(
                                        rule, place(spike.layer(), spike.expert(), spike.row(), spike.column()))));
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
                        .map(weight -> new Violation(rule, "weight " + place(weight))),
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
                rule,
                "set of %d weights in %s %s"
                        .formatted(
                                set.members().size(),
                                layers.size() == 1 ? "layer" : "layers",
                                String.join(" and ", layers)));
    }

    private static Violation flipped(Rule rule, String weight) {
        return new Violation(rule, "sign of weight " + weight);
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
