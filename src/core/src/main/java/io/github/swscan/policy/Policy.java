package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.finding.Finding;
import io.github.swscan.report.finding.FindingRule;
import io.github.swscan.report.finding.Findings;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a model is held to.
 *
 * @param rules empty if everything is allowed
 * @param exemptions what does not count
 */
public record Policy(Set<Rule> rules, List<Exemption> exemptions) implements Serializable {

    /** Everything is allowed. */
    public static final Policy NONE = new Policy(Set.of(), List.of());

    public Policy {
        rules = rules.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(rules));
        exemptions = List.copyOf(exemptions);
    }

    /** The report of a model that is held to the policy: with what is against it, if anything is not allowed. */
    public DetectionReport applied(DetectionReport report) {
        List<Finding> counted = new ArrayList<>();
        List<Ignored> ignored = new ArrayList<>();
        for (Finding finding : Findings.all(report)) {
            Exemption.of(finding, report.model(), exemptions)
                    .ifPresentOrElse(by -> ignored.add(ignored(finding, by)), () -> counted.add(finding));
        }
        return rules.isEmpty() && ignored.isEmpty()
                ? report
                : report.with(new PolicyOutcome(
                        rules.stream().sorted().map(Rule::toString).toList(),
                        violations(counted),
                        List.copyOf(ignored)));
    }

    /** The exemptions that match no finding of any of these reports. */
    public List<Exemption> unmatched(List<DetectionReport> reports) {
        return exemptions.stream()
                .filter(exemption -> reports.stream().noneMatch(report -> Findings.all(report).stream()
                        .anyMatch(finding -> exemption.matches(finding, report.model()))))
                .toList();
    }

    private static Ignored ignored(Finding finding, Exemption by) {
        return new Ignored(
                finding.rule().id(),
                finding.description(),
                finding.weights(),
                by.reason(),
                by.expires().toString(),
                by.file());
    }

    /**
     * What a report tells against the policy, rule by rule, the strongest first: by verdict, then by how far the
     * predictions (or the hidden state) move. A model that computes no finite numbers is broken worse than any verdict
     * says: it is against every rule that is about what a model computes.
     */
    private List<Violation> violations(List<Finding> counted) {
        boolean broken = counted.stream().anyMatch(finding -> finding.rule() == FindingRule.NON_FINITE);
        return rules.stream()
                .sorted()
                .flatMap(rule -> broken && rule != Rule.UNSAFE_PICKLE
                        ? Stream.of(new Violation(
                                rule.toString(), "numbers that are not finite in the computation", List.of()))
                        : violations(rule, counted))
                .toList();
    }

    private static Stream<Violation> violations(Rule rule, List<Finding> counted) {
        return counted.stream()
                .filter(finding -> isAgainst(rule, finding))
                .sorted(Finding.STRONGEST_FIRST)
                .map(finding -> new Violation(rule.toString(), finding.description(), finding.weights()));
    }

    private static boolean isAgainst(Rule rule, Finding finding) {
        return rule.findings().contains(finding.rule())
                && finding.verdict()
                        .map(verdict -> switch (rule) {
                            case HIGH -> verdict.isAtLeast(Verdict.HIGH);
                            case MODERATE -> verdict.isAtLeast(Verdict.MODERATE);
                            default -> true;
                        })
                        .orElse(true);
    }
}
