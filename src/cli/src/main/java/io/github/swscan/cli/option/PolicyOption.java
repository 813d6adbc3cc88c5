package io.github.swscan.cli.option;

import io.github.swscan.policy.Policy;
import io.github.swscan.report.Verdict;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a model is held to. */
public final class PolicyOption {

    @Option(
            names = "--fail-on",
            paramLabel = "VERDICT",
            description =
                    "End with exit code 1 if a super weight has this verdict or a stronger one: critical, high or "
                            + "moderate (default: none).")
    private Optional<FailOn> failOn;

    public Policy policy() {
        return new Policy(failOn.map(limit -> Verdict.valueOf(limit.name())));
    }
}
