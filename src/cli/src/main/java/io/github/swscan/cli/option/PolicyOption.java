package io.github.swscan.cli.option;

import io.github.swscan.policy.Policy;
import io.github.swscan.policy.Rule;
import java.util.EnumSet;
import java.util.List;
import picocli.CommandLine.Option;

/** What a model is held to. */
public final class PolicyOption {

    @Option(
            names = "--fail-on",
            paramLabel = "RULE",
            description = "End with exit code 1 if a weight or a set of weights has this verdict or a stronger one: "
                    + "critical, high or moderate; if there is a set of weights that matter together: set; if turning "
                    + "one sign is critical: flip-critical; if the model computes NaN or infinities: non-finite, which "
                    + "all others ask for too. May be given several times (default: none).")
    private List<Rule> failOn = List.of();

    public Policy policy() {
        return new Policy(failOn.isEmpty() ? EnumSet.noneOf(Rule.class) : EnumSet.copyOf(failOn));
    }
}
