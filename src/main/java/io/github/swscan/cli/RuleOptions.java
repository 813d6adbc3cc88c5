package io.github.swscan.cli;

import io.github.swscan.detect.DetectionSettings;
import io.github.swscan.detect.Measure;
import io.github.swscan.detect.SpikeRule;
import io.github.swscan.detect.Thresholds;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The rules of the detection, as options. */
final class RuleOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    enum Rule {
        RELATIVE,
        ABSOLUTE
    }

    @Option(
            names = "--spike-rule",
            paramLabel = "relative|absolute",
            defaultValue = "relative",
            description = "What counts as a spike: input and output far above the usual (relative, the default), or "
                    + "both above fixed limits (absolute, as in the paper's code).")
    private Rule rule;

    @Option(
            names = "--spike-ratio",
            paramLabel = "X",
            defaultValue = "" + DetectionSettings.DEFAULT_RATIO,
            description = "relative: how many times the usual, in the geometric mean of input and output "
                    + "(default: ${DEFAULT-VALUE}).")
    private double ratio;

    @Option(
            names = "--spike-input",
            paramLabel = "X",
            defaultValue = "50",
            description = "absolute: the limit for the input (default: ${DEFAULT-VALUE}).")
    private double absoluteInput;

    @Option(
            names = "--spike-output",
            paramLabel = "X",
            defaultValue = "50",
            description = "absolute: the limit for the output (default: ${DEFAULT-VALUE}).")
    private double absoluteOutput;

    @Option(
            names = "--min-share",
            paramLabel = "X",
            defaultValue = "" + DetectionSettings.DEFAULT_MINIMUM_SHARE,
            description = "The contribution share from which on a spike counts as made by one weight, not by many "
                    + "together (default: ${DEFAULT-VALUE}).")
    private double minimumShare;

    @Option(
            names = "--critical",
            paramLabel = "X",
            description = "From which effect on a weight is critical: a perplexity ratio (default: 10), or nats "
                    + "per token of KL divergence where there is no text (default: 1).")
    private Double critical;

    @Option(names = "--high", paramLabel = "X", description = "The same for high (default: 1.5, or 0.1).")
    private Double high;

    @Option(names = "--moderate", paramLabel = "X", description = "The same for moderate (default: 1.05, or 0.01).")
    private Double moderate;

    @Option(
            names = "--control-factor",
            paramLabel = "X",
            defaultValue = "" + DetectionSettings.DEFAULT_CONTROL_FACTOR,
            description =
                    "How many times the control's effect a super weight's must be " + "(default: ${DEFAULT-VALUE}).")
    private double controlFactor;

    @Option(
            names = "--controls",
            paramLabel = "N",
            defaultValue = "" + DetectionSettings.DEFAULT_CONTROLS,
            description = "How many control weights there are for each candidate (default: ${DEFAULT-VALUE}).")
    private int controls;

    @Option(
            names = "--max-candidates",
            paramLabel = "N",
            defaultValue = "" + DetectionSettings.DEFAULT_MAXIMUM_CANDIDATES,
            description = "How many candidates are proven in the first reading of the checkpoint; more take "
                    + "another reading (default: ${DEFAULT-VALUE}).")
    private int maximumCandidates;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Seed of the random choices: control weights, synthetic tokens (default: " + "${DEFAULT-VALUE}).")
    private long seed;

    long seed() {
        return seed;
    }

    DetectionSettings settings(Measure measure) {
        requirePositive("--spike-ratio", ratio);
        requirePositive("--spike-input", absoluteInput);
        requirePositive("--spike-output", absoluteOutput);
        requirePositive("--min-share", minimumShare);
        requirePositive("--max-candidates", maximumCandidates);
        requirePositive("--controls", controls);
        requirePositive("--control-factor", controlFactor);
        Thresholds standard = measure.defaultThresholds();
        return new DetectionSettings(
                rule == Rule.RELATIVE
                        ? new SpikeRule.Relative(ratio)
                        : new SpikeRule.Absolute(absoluteInput, absoluteOutput),
                minimumShare,
                thresholds(standard),
                controlFactor,
                maximumCandidates,
                controls,
                seed);
    }

    private Thresholds thresholds(Thresholds standard) {
        double criticalFrom = critical == null ? standard.critical() : critical;
        double highFrom = high == null ? standard.high() : high;
        double moderateFrom = moderate == null ? standard.moderate() : moderate;
        if (!(criticalFrom >= highFrom && highFrom >= moderateFrom && moderateFrom > 0)) {
            throw new ParameterException(
                    command.commandLine(),
                    "the thresholds must fall from --critical (" + criticalFrom + ") to --high (" + highFrom
                            + ") to --moderate (" + moderateFrom + "), all above 0");
        }
        return new Thresholds(criticalFrom, highFrom, moderateFrom);
    }

    private void requirePositive(String option, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new ParameterException(command.commandLine(), option + " must be above 0, not " + value);
        }
    }
}
