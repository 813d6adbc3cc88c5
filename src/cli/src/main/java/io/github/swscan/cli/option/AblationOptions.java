package io.github.swscan.cli.option;

import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Variant;
import io.github.swscan.scan.AblationRequest;
import io.github.swscan.weight.WeightName;
import io.github.swscan.weight.WeightNameException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which weights, and what is done to them. */
public final class AblationOptions {

    private static final int MAX_LARGEST = 1_000_000;
    private static final int MAX_CONTROLS = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--top",
            paramLabel = "N",
            description =
                    "How many weights from the top of the ranking (default: " + AblationRequest.DEFAULT_TOP + ").")
    private Optional<Integer> top;

    @Option(
            names = "--weight",
            paramLabel = "WEIGHT",
            description =
                    "A weight in place of the ranking: TENSOR:ROW:COLUMN, or LAYER:ROW:COLUMN for a down projection; "
                            + "in a mixture with EXPERT: before ROW. ROW is an output channel, COLUMN an input channel. "
                            + "Can be given several times (default: the ranking).")
    private List<String> weights = new ArrayList<>();

    @Option(
            names = "--only",
            paramLabel = "KIND",
            split = ",",
            description =
                    "Which experiments, separated by commas: remove, keep (all but one), pairs, scale, flip, restore "
                            + "(the super activation), control, largest (default: all).")
    private List<Variant.Kind> only = new ArrayList<>();

    @Option(
            names = "--scales",
            paramLabel = "X",
            split = ",",
            description = "The factors of the sweep, separated by commas (default: 0,0.2,0.5,0.8,1,1.5,2,3).")
    private List<Double> scales = new ArrayList<>(AblationSettings.DEFAULT_SCALES);

    @Option(
            names = "--controls",
            paramLabel = "N",
            defaultValue = "" + AblationSettings.DEFAULT_CONTROLS,
            description = "How many ordinary weights of similar magnitude are removed, as a control, for each weight "
                    + "(default: ${DEFAULT-VALUE}).")
    private int controls;

    @Option(
            names = "--largest",
            paramLabel = "K",
            defaultValue = "0",
            description = "Also remove the K largest other weights of all linear maps together; the paper takes 7000. "
                    + "Reads the checkpoint once more (default: ${DEFAULT-VALUE}).")
    private int largest;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "The seed of random choices: control weights, resampling, synthetic tokens "
                    + "(default: ${DEFAULT-VALUE}).")
    private long seed;

    /** Called before anything costly is done. */
    public void check() {
        top.filter(count -> count < 1).ifPresent(count -> {
            throw wrong("--top must be at least 1, not " + count);
        });
        if (top.isPresent() && !weights.isEmpty()) {
            throw wrong("--weight stands in place of --top");
        }
        weights.forEach(this::checkWeight);
        for (double scale : scales) {
            if (!Double.isFinite(scale)) {
                throw wrong("--scales must be finite numbers, not " + scale);
            }
        }
        if (controls < 0 || controls > MAX_CONTROLS) {
            throw wrong("--controls must be from 0 to " + MAX_CONTROLS + ", not " + controls);
        }
        if (largest < 0 || largest > MAX_LARGEST) {
            throw wrong("--largest must be from 0 to " + MAX_LARGEST + ", not " + largest);
        }
        if (only.contains(Variant.Kind.LARGEST) && largest == 0) {
            throw wrong("--only largest needs --largest K");
        }
    }

    private void checkWeight(String weight) {
        try {
            if (!WeightName.parse(weight).isSingle()) {
                throw wrong("--weight '" + weight + "' names a row or a column; only single weights can be named");
            }
        } catch (WeightNameException e) {
            throw wrong("--weight " + e.getMessage());
        }
    }

    /** 0 if not given. */
    public int top() {
        return top.orElse(0);
    }

    /** The names of weights; none if the ranking is asked for. */
    public List<String> weights() {
        return weights;
    }

    public AblationSettings settings() {
        Set<Variant.Kind> kinds = only.isEmpty() ? EnumSet.allOf(Variant.Kind.class) : EnumSet.copyOf(only);
        return new AblationSettings(kinds, scales, controls, largest, seed);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
