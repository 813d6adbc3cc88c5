package io.github.swscan.cli;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import java.util.List;
import java.util.Optional;

/** Why a run ends with {@link ExitCode#POLICY_VIOLATED}, in one line. */
final class PolicyNotice {

    private PolicyNotice() {}

    /** The strongest finding against a policy, and how many more there are, each once; empty if there is none. */
    static Optional<String> of(DetectionReport report) {
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
