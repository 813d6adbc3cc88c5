package io.github.swscan.cli;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Why a run ends with {@link ExitCode#POLICY_VIOLATED}, in one line. */
final class PolicyNotice {

    private PolicyNotice() {}

    /** What was exempted, and the strongest finding against a policy with how many more there are, each once; a line each. */
    static List<String> of(DetectionReport report) {
        return Stream.of(unsafe(report), ignored(report), violated(report))
                .flatMap(Optional::stream)
                .toList();
    }

    /** The same line that a refusal has. */
    private static Optional<String> unsafe(DetectionReport report) {
        return report.holdsUnsafePickle() ? report.notes().stream().findFirst() : Optional.empty();
    }

    private static Optional<String> ignored(DetectionReport report) {
        List<Ignored> ignored = report.policy().map(PolicyOutcome::ignored).orElse(List.of());
        return ignored.stream().findFirst().map(first -> "%s: %d %s of %s ignored"
                .formatted(
                        first.file(),
                        ignored.size(),
                        ignored.size() == 1 ? "finding" : "findings",
                        report.model().path()));
    }

    private static Optional<String> violated(DetectionReport report) {
        List<Violation> violations =
                report.policy().map(PolicyOutcome::violations).orElse(List.of());
        long more = violations.stream().map(Violation::finding).distinct().count() - 1;
        return violations.stream().findFirst().map(first -> "policy violated: %s: %s of %s%s"
                .formatted(
                        first.rule(),
                        first.finding(),
                        report.model().path(),
                        more > 0 ? "; and " + more + " more, see the report" : ""));
    }
}
