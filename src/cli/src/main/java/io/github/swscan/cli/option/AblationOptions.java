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
import java.util.stream.Stream;
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
                            + "in a mixture with EXPERT: before ROW. ROW is an output channel, COLUMN an input channel; "
                            + "* in place of one of them names a whole column or row, which can be removed only. "
                            + "Can be given several times (default: the ranking).")
    private List<String> weights = new ArrayList<>();

    @Option(
            names = "--only",
            paramLabel = "KIND",
            split = ",",
            description =
                    "Which experiments, separated by commas: remove, keep (all but one), pairs, set (those that detect "
                            + "found), scale, flip, row, column, mean (removed, with the mean at its spike put back), "
                            + "restore (the super activation), control, largest (default: remove, set, flip of the "
                            + "strongest, mean of all, restore, control).")
    private List<Variant.Kind> only = new ArrayList<>();

    @Option(
            names = "--all-variants",
            fallbackValue = "true",
            description = "All experiments but largest, and all of each; of five weights they take six times as long.")
    private boolean allVariants;

    @Option(
            names = "--scales",
            paramLabel = "X",
            split = ",",
            description = "Also scale weights; the factors, separated by commas (default: none, with --only scale and "
                    + "--all-variants 0.2,0.5,0.8,1.5,2,3).")
    private List<Double> scales = new ArrayList<>();

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
        if (allVariants && !only.isEmpty()) {
            throw wrong("--only stands in place of --all-variants");
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
            WeightName name = WeightName.parse(weight);
            namedKinds()
                    .filter(kind -> !name.isSingle() && !kind.takesLines())
                    .findFirst()
                    .ifPresent(kind -> {
                        throw wrong(
                                "'%s' is for single weights, and --weight %s names a whole %s: it can be removed only"
                                        .formatted(
                                                kind.label(), weight, name.row().isPresent() ? "row" : "column"));
                    });
        } catch (WeightNameException e) {
            throw wrong("--weight " + e.getMessage());
        }
    }

    /** Those that the user asks for. */
    private Stream<Variant.Kind> namedKinds() {
        return Stream.of(
                        only.stream(),
                        Stream.of(Variant.Kind.SCALE).filter(kind -> !scales.isEmpty()),
                        Stream.of(Variant.Kind.LARGEST).filter(kind -> largest > 0))
                .flatMap(kinds -> kinds);
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
        List<Double> factors = scales.isEmpty() ? AblationSettings.DEFAULT_SCALES : scales;
        return new AblationSettings(kinds(), allVariants || !only.isEmpty(), factors, controls, largest, seed);
    }

    private Set<Variant.Kind> kinds() {
        if (!only.isEmpty()) {
            return EnumSet.copyOf(only);
        }
        Set<Variant.Kind> kinds = EnumSet.copyOf(AblationSettings.FIRST_KINDS);
        namedKinds().forEach(kinds::add);
        return allVariants ? EnumSet.allOf(Variant.Kind.class) : kinds;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
