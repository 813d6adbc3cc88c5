package io.github.swscan.cli;

import io.github.swscan.policy.Policy;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What is said of a policy: why a run ends with {@link ExitCode#POLICY_VIOLATED}, and what did not count. */
final class PolicyNotice {

    private PolicyNotice() {}

    /** A refusal, and the strongest finding against a policy with how many more there are, each once; a line each. */
    static List<String> errors(DetectionReport report) {
        return Stream.of(unsafe(report), violated(report))
                .flatMap(Optional::stream)
                .toList();
    }

    /** The same line that a refusal has. */
    static Optional<String> unsafe(DetectionReport report) {
        return report.holdsUnsafePickle() ? report.notes().stream().findFirst() : Optional.empty();
    }

    /** How many findings were exempted, if any were. */
    static Optional<String> ignored(DetectionReport report) {
        List<Ignored> ignored = report.policy().map(PolicyOutcome::ignored).orElse(List.of());
        return ignored.stream().findFirst().map(first -> "%s: %d %s of %s ignored"
                .formatted(
                        first.file(),
                        ignored.size(),
                        ignored.size() == 1 ? "finding" : "findings",
                        report.model().path()));
    }

    /**
     * Entries of the policy file that match nothing, a line each; none where not everything could be found out.
     *
     * @param reports of all models that are held to it
     */
    static List<String> unmatched(Policy policy, List<DetectionReport> reports) {
        return reports.stream().anyMatch(report -> report.brokeDown() || report.holdsUnsafePickle())
                ? List.of()
                : policy.unmatched(reports).stream()
                        .map(exemption ->
                                "note: %s: %s matches no finding".formatted(exemption.file(), exemption.entry()))
                        .toList();
    }

    private static Optional<String> violated(DetectionReport report) {
        List<Violation> violations =
                report.policy().map(PolicyOutcome::violations).orElse(List.of());
        long more = violations.stream().map(Violation::finding).distinct().count() - 1;
        return violations.stream().findFirst().map(first -> "%s: policy violated: %s: %s%s"
                .formatted(
                        report.model().path(),
                        first.rule(),
                        first.finding(),
                        more > 0 ? "; and " + more + " more, see the report" : ""));
    }
}
