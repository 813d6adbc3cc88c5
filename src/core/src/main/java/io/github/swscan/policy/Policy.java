package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.Verdict;
import java.io.Serializable;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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
     * What a report tells against the policy, rule by rule, the strongest first: by verdict, then by how far the
     * predictions (or the hidden state) move. A model that computes no finite numbers is broken worse than any verdict
     * says: it is against every rule.
     */
    List<Violation> violations(DetectionReport report) {
        return rules.stream()
                .sorted()
                .flatMap(rule -> report.brokeDown()
                        ? Stream.of(new Violation(
                                rule.toString(), "numbers that are not finite in the computation", List.of()))
                        : findings(rule, report)
                                .sorted(Finding.STRONGEST_FIRST)
                                .map(finding ->
                                        new Violation(rule.toString(), finding.description(), finding.weights())))
                .toList();
    }

    private record Finding(String description, List<String> weights, Verdict verdict, Effect effect) {

        private static final Comparator<Finding> STRONGEST_FIRST = Comparator.comparing(Finding::verdict)
                .thenComparing(Comparator.comparingDouble(Finding::change).reversed());

        /** In nats, or as part of the hidden state of a model that predicts nothing, or by the cosine of its vectors. */
        private double change() {
            return effect.klDivergence()
                    .or(() -> effect.embeddingCosine().map(cosine -> 1 - cosine))
                    .or(effect::hiddenChange)
                    .orElseThrow();
        }
    }

    private static Stream<Finding> findings(Rule rule, DetectionReport report) {
        return switch (rule) {
            case CRITICAL -> verdicts(Verdict.CRITICAL, report);
            case HIGH -> verdicts(Verdict.HIGH, report);
            case MODERATE -> verdicts(Verdict.MODERATE, report);
            case SET -> report.sets().stream().map(set -> finding(set, report));
            case FLIP_CRITICAL ->
                Stream.concat(
                        report.superWeights().stream()
                                .filter(weight -> isCritical(weight.flipVerdict()))
                                .map(weight -> flipped(place(weight), weight.name(), weight.effectFlipped())),
                        report.otherSpikes().stream()
                                .filter(spike -> isCritical(spike.flipVerdict()))
                                .map(spike -> flipped(
                                        place(spike.layer(), spike.expert(), spike.row(), spike.column()),
                                        spike.name(),
                                        spike.effectFlipped())));
            case NON_FINITE -> Stream.empty();
        };
    }

    private static boolean isCritical(Optional<Verdict> verdict) {
        return verdict.equals(Optional.of(Verdict.CRITICAL));
    }

    private static Stream<Finding> verdicts(Verdict limit, DetectionReport report) {
        return Stream.concat(
                report.superWeights().stream()
                        .filter(weight -> weight.verdict().isAtLeast(limit))
                        .map(weight -> new Finding(
                                "weight " + place(weight), List.of(weight.name()), weight.verdict(), weight.effect())),
                report.sets().stream()
                        .filter(set -> set.verdict().isAtLeast(limit))
                        .map(set -> finding(set, report)));
    }

    private static Finding finding(DetectionReport.WeightSet set, DetectionReport report) {
        String places = report.superWeights().stream()
                .filter(weight -> set.members().contains(weight.name()))
                .sorted(Comparator.comparingInt(weight -> set.members().indexOf(weight.name())))
                .map(Policy::place)
                .collect(Collectors.joining(", "));
        return new Finding("set of weights " + places, set.members(), set.verdict(), set.effect());
    }

    private static Finding flipped(String place, String name, Optional<Effect> effect) {
        return new Finding("sign of weight " + place, List.of(name), Verdict.CRITICAL, effect.orElseThrow());
    }

    private static String place(DetectionReport.SuperWeight weight) {
        return place(weight.layer(), weight.expert(), weight.row(), weight.column());
    }

    /** As {@code swscan ablate --weight} takes it. */
    private static String place(int layer, Optional<Integer> expert, int row, int column) {
        return "%d:%s%d:%d".formatted(layer, expert.map(number -> number + ":").orElse(""), row, column);
    }
}
