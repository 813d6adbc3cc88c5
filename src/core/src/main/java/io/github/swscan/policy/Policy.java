package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a model is held to.
 *
 * @param failOn the weakest verdict that no weight may have, and no stronger one either; empty if all may
 */
public record Policy(Optional<Verdict> failOn) {

    /**
     * What a report tells against the policy: the model first, then weights in the order of the report. A model that
     * computes no finite numbers is broken worse than any verdict says. An ablation has no verdicts, so that nothing is
     * against it.
     */
    public List<Violation> violations(ReportDocument document) {
        return document instanceof DetectionReport report
                ? failOn.stream()
                        .flatMap(limit -> Stream.concat(ofModel(report, limit), ofWeights(report, limit)))
                        .toList()
                : List.of();
    }

    private static Stream<Violation> ofModel(DetectionReport report, Verdict limit) {
        return report.baseline().isPresent()
                ? Stream.empty()
                : Stream.of(new Violation(limit, "the model computes numbers that are not finite"));
    }

    private static Stream<Violation> ofWeights(DetectionReport report, Verdict limit) {
        return report.superWeights().stream()
                .filter(weight -> weight.verdict().isAtLeast(limit))
                .map(weight -> new Violation(
                        limit,
                        "%s[%s%d, %d] is %s"
                                .formatted(
                                        weight.tensor(),
                                        weight.expert()
                                                .map(expert -> expert + ", ")
                                                .orElse(""),
                                        weight.row(),
                                        weight.column(),
                                        weight.verdict())));
    }
}
