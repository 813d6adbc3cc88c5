package io.github.swscan.cli.option;

import io.github.swscan.detect.DetectionRules;
import io.github.swscan.detect.SpikeRule;
import io.github.swscan.report.Verdict;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The rules of the detection, as options. */
public final class RuleOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    public enum Rule {
        RELATIVE,
        ABSOLUTE
    }

    @Option(
            names = "--spike-rule",
            paramLabel = "RULE",
            defaultValue = "relative",
            description =
                    "What counts as a spike. relative: input and output peak are far above the usual; absolute: both are "
                            + "above fixed limits, as in the paper's code (default: ${DEFAULT-VALUE}).")
    private Rule rule;

    @Option(
            names = "--spike-ratio",
            paramLabel = "X",
            defaultValue = "" + DetectionRules.DEFAULT_RATIO,
            description = "For relative: how many times the usual, in the geometric mean of input and output "
                    + "(default: ${DEFAULT-VALUE}).")
    private double ratio;

    @Option(
            names = "--spike-input",
            paramLabel = "X",
            defaultValue = "50",
            description = "For absolute: the limit for the input peak (default: ${DEFAULT-VALUE}).")
    private double absoluteInput;

    @Option(
            names = "--spike-output",
            paramLabel = "X",
            defaultValue = "50",
            description = "For absolute: the limit for the output peak (default: ${DEFAULT-VALUE}).")
    private double absoluteOutput;

    @Option(
            names = "--min-share",
            paramLabel = "X",
            defaultValue = "" + DetectionRules.DEFAULT_MINIMUM_SHARE,
            description = "The part of a spike that one weight has to make; else the spike is reported as diffuse "
                    + "(default: ${DEFAULT-VALUE}).")
    private double minimumShare;

    @Option(
            names = "--critical",
            paramLabel = "X",
            description =
                    "The effect from which on a weight is critical: a perplexity ratio (default: 10), nats per token of "
                            + "KL divergence where there is no text (default: 1), the part by which the last "
                            + "hidden state of a model without a language-modelling head moves (default: 0.5), or what "
                            + "the cosine of a sentence encoder's embeddings lacks to 1 (default: 0.1).")
    private Optional<Double> critical;

    @Option(names = "--high", paramLabel = "X", description = "The same for high (default: 1.5, 0.1, 0.1 or 0.005).")
    private Optional<Double> high;

    @Option(
            names = "--moderate",
            paramLabel = "X",
            description = "The same for moderate (default: 1.05, 0.01, 0.02 or 0.0002).")
    private Optional<Double> moderate;

    @Option(
            names = "--control-factor",
            paramLabel = "X",
            defaultValue = "" + DetectionRules.DEFAULT_CONTROL_FACTOR,
            description =
                    "How many times the control's effect a super weight's effect must be (default: ${DEFAULT-VALUE}).")
    private double controlFactor;

    @Option(
            names = "--controls",
            paramLabel = "N",
            defaultValue = "" + DetectionRules.DEFAULT_CONTROLS,
            description =
                    "How many ordinary weights are removed, as a control, for each candidate; with 0, verdicts go by the "
                            + "thresholds alone (default: ${DEFAULT-VALUE}).")
    private int controls;

    @Option(
            names = "--max-candidates",
            paramLabel = "N",
            description =
                    "How many candidates are tested, those that add most to the residual stream first (default: 24, "
                            + "fewer of a very large model; 64 with --thorough).")
    private Optional<Integer> maximumCandidates;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "The seed of random choices: control weights, synthetic tokens (default: ${DEFAULT-VALUE}).")
    private long seed;

    /** Called before anything costly is done. */
    public void check() {
        requirePositive("--spike-ratio", ratio);
        requirePositive("--spike-input", absoluteInput);
        requirePositive("--spike-output", absoluteOutput);
        requirePositive("--min-share", minimumShare);
        maximumCandidates.ifPresent(number -> requirePositive("--max-candidates", number));
        if (controls < 0) {
            throw new ParameterException(command.commandLine(), "--controls must be 0 or more, not " + controls);
        }
        requirePositive("--control-factor", controlFactor);
        critical.ifPresent(threshold -> requirePositive("--critical", threshold));
        high.ifPresent(threshold -> requirePositive("--high", threshold));
        moderate.ifPresent(threshold -> requirePositive("--moderate", threshold));
    }

    public DetectionRules rules() {
        return new DetectionRules(
                rule == Rule.RELATIVE
                        ? new SpikeRule.Relative(ratio)
                        : new SpikeRule.Absolute(absoluteInput, absoluteOutput),
                minimumShare,
                thresholds(),
                controlFactor,
                maximumCandidates.orElse(0),
                controls,
                seed);
    }

    private Map<Verdict, Double> thresholds() {
        Map<Verdict, Double> given = new EnumMap<>(Verdict.class);
        critical.ifPresent(threshold -> given.put(Verdict.CRITICAL, threshold));
        high.ifPresent(threshold -> given.put(Verdict.HIGH, threshold));
        moderate.ifPresent(threshold -> given.put(Verdict.MODERATE, threshold));
        return given;
    }

    private void requirePositive(String option, Number value) {
        if (!(value.doubleValue() > 0 && Double.isFinite(value.doubleValue()))) {
            throw new ParameterException(command.commandLine(), option + " must be a number above 0, not " + value);
        }
    }
}
