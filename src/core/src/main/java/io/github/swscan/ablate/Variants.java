package io.github.swscan.ablate;

import io.github.swscan.ablate.Variant.Kind;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.weight.PutBack;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.SpikeMean;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.Target;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightLine;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes the variants of an ablation from what it is about. */
public final class Variants {

    private final Sites sites;
    private final Checkpoint checkpoint;
    private final Targets targets;
    private final List<Numbered> weights;
    private final AblationSettings settings;
    private final List<Variant> variants = new ArrayList<>();

    /** @param number what the variants call it, from 1 */
    private record Numbered(int number, Target target) {

        /** For what is made of single weights only. */
        StoredWeight weight() {
            return (StoredWeight) target;
        }
    }

    private Variants(Sites sites, Checkpoint checkpoint, Targets targets, AblationSettings settings) {
        this.sites = sites;
        this.checkpoint = checkpoint;
        this.targets = targets;
        this.weights = IntStream.range(0, targets.targets().size())
                .mapToObj(i -> new Numbered(i + 1, targets.targets().get(i)))
                .toList();
        this.settings = settings;
    }

    /**
     * Plans the variants that the settings ask for, in the order of {@link Kind}. Where the largest other weights are
     * asked for, this reads the checkpoint.
     *
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     * @throws ValueTooLargeException if a scaled weight is larger than any number that its tensor's type holds
     */
    public static List<Variant> of(
            Architecture architecture,
            Checkpoint checkpoint,
            Targets targets,
            AblationSettings settings,
            LongConsumer bytesRead) {
        Variants planned = new Variants(Sites.of(architecture), checkpoint, targets, settings);
        for (Kind kind : Kind.values()) {
            if (settings.kinds().contains(kind) && (kind.takesLines() || !targets.hasLines())) {
                planned.plan(kind, bytesRead);
            }
        }
        return planned.variants;
    }

    private void plan(Kind kind, LongConsumer bytesRead) {
        switch (kind) {
            case REMOVE -> remove();
            case KEEP -> keep();
            case PAIRS -> pairs();
            case SET -> sets();
            case SCALE -> scale();
            case FLIP -> flip();
            case ROW -> lines(kind, WeightLine::rowOf);
            case COLUMN -> lines(kind, WeightLine::columnOf);
            case MEAN -> means();
            case RESTORE -> restore();
            case CONTROL -> variants.addAll(ordinary().controls(settings.controls(), settings.seed()));
            case LARGEST -> variants.addAll(ordinary().largest(settings.largest(), bytesRead));
        }
    }

    private OrdinaryWeights ordinary() {
        return new OrdinaryWeights(
                sites, checkpoint, weights.stream().map(Numbered::weight).toList());
    }

    private void remove() {
        for (Numbered weight : weights) {
            remove(Kind.REMOVE, "remove-" + weight.number(), numbers(List.of(weight)) + " removed", List.of(weight));
        }
        if (weights.size() > 1) {
            remove(Kind.REMOVE, "remove-all", "all removed", weights);
        }
    }

    /** With two weights, all but one are one alone. */
    private void keep() {
        if (weights.size() > 2) {
            for (Numbered kept : weights) {
                List<Numbered> others = weights.stream()
                        .filter(weight -> weight.number() != kept.number())
                        .toList();
                remove(Kind.KEEP, "keep-" + kept.number(), "all but " + numbers(List.of(kept)) + " removed", others);
            }
        }
    }

    /** With two weights, the only pair is all of them. */
    private void pairs() {
        if (weights.size() > 2) {
            for (Numbered first : weights) {
                for (Numbered second : weights.subList(weights.indexOf(first) + 1, weights.size())) {
                    List<Numbered> pair = List.of(first, second);
                    remove(
                            Kind.PAIRS,
                            "remove-" + first.number() + "+" + second.number(),
                            numbers(pair) + " removed",
                            pair);
                }
            }
        }
    }

    private void remove(Kind kind, String name, String description, List<Numbered> removed) {
        List<WeightChange> changes = new ArrayList<>();
        List<WeightLine> lines = new ArrayList<>();
        for (Numbered numbered : removed) {
            if (numbered.target() instanceof WeightLine line) {
                lines.add(line);
            } else {
                changes.add(WeightChange.removal(numbered.weight()));
            }
        }
        variants.add(new Variant(name, kind, description, numbersOf(removed), changes, lines, List.of()));
    }

    private void sets() {
        for (int i = 0; i < targets.sets().size(); i++) {
            List<StoredWeight> set = targets.sets().get(i);
            List<Numbered> members = weights.stream()
                    .filter(weight -> set.contains(weight.weight()))
                    .toList();
            int others = set.size() - members.size();
            String numbered =
                    members.stream().map(member -> "#" + member.number()).collect(Collectors.joining(", "));
            String named = members.isEmpty()
                    ? others + " weights"
                    : numbered + (others == 0 ? "" : " and " + others + " more");
            variants.add(Variant.of(
                    Kind.SET,
                    "set-" + (i + 1),
                    "set %d removed: %s".formatted(i + 1, named),
                    numbersOf(members),
                    set.stream().map(WeightChange::removal).toList()));
        }
    }

    private void scale() {
        for (Numbered weight : weights) {
            sweep("scale-" + weight.number(), numbers(List.of(weight)), List.of(weight));
        }
        if (weights.size() > 1) {
            sweep("scale-all", "all", weights);
        }
    }

    private void sweep(String name, String description, List<Numbered> scaled) {
        settings.scales().stream().distinct().forEach(scale -> {
            String factor = BigDecimal.valueOf(scale).stripTrailingZeros().toPlainString();
            change(Kind.SCALE, name + "-" + factor, description + " times " + factor, scaled, value -> value * scale);
        });
    }

    private void flip() {
        for (Numbered weight : settings.full() ? weights : weights.subList(0, 1)) {
            change(
                    Kind.FLIP,
                    "flip-" + weight.number(),
                    numbers(List.of(weight)) + " sign flipped",
                    List.of(weight),
                    value -> -value);
        }
        if (weights.size() > 1 && settings.full()) {
            change(Kind.FLIP, "flip-all", "all sign flipped", weights, value -> -value);
        }
    }

    private void lines(Kind kind, Function<StoredWeight, WeightLine> lineOf) {
        for (Numbered weight : weights) {
            variants.add(new Variant(
                    kind.label() + "-" + weight.number(),
                    kind,
                    "the %s of %s removed".formatted(kind.label(), numbers(List.of(weight))),
                    numbersOf(List.of(weight)),
                    List.of(),
                    List.of(lineOf.apply(weight.weight())),
                    List.of()));
        }
    }

    private void means() {
        if (weights.size() == 1 || settings.full()) {
            for (Numbered weight : weights) {
                mean("mean-" + weight.number(), numbers(List.of(weight)), List.of(weight));
            }
        }
        if (weights.size() > 1) {
            mean("mean-all", "all", weights);
        }
    }

    private void mean(String name, String description, List<Numbered> changed) {
        putBack(
                Kind.MEAN,
                name,
                description + " removed, mean put back at the spike",
                changed,
                changed.stream()
                        .map(weight -> new SpikeMean(weight.weight().coordinate()))
                        .toList());
    }

    private void restore() {
        putBack(
                Kind.RESTORE,
                "restore",
                (weights.size() > 1 ? "all" : numbers(weights)) + " removed, super activation put back",
                weights,
                weights.stream()
                        .map(Numbered::weight)
                        .map(weight -> new Restoration(weight.linear().matrix(), weight.row()))
                        .distinct()
                        .toList());
    }

    private void putBack(
            Kind kind, String name, String description, List<Numbered> removed, List<? extends PutBack> putBack) {
        variants.add(new Variant(
                name,
                kind,
                description,
                numbersOf(removed),
                removed.stream()
                        .map(weight -> WeightChange.removal(weight.weight()))
                        .toList(),
                List.of(),
                List.copyOf(putBack)));
    }

    private void change(Kind kind, String name, String description, List<Numbered> changed, DoubleUnaryOperator to) {
        variants.add(Variant.of(
                kind,
                name,
                description,
                numbersOf(changed),
                changed.stream()
                        .map(numbered -> new WeightChange(numbered.weight(), changed(numbered, to)))
                        .toList()));
    }

    private static float changed(Numbered numbered, DoubleUnaryOperator to) {
        float stored = numbered.weight().value();
        double wanted = to.applyAsDouble(stored);
        DType dtype = numbered.weight().tensor().dtype();
        float held = dtype.nearest((float) wanted);
        if (!Float.isFinite(held)) {
            throw new ValueTooLargeException(
                    "#%d, %s, would become %s, more than %s holds".formatted(numbered.number(), stored, wanted, dtype));
        }
        return held;
    }

    private static List<Integer> numbersOf(List<Numbered> weights) {
        return weights.stream().map(Numbered::number).toList();
    }

    /** For people. */
    private static String numbers(List<Numbered> weights) {
        return IntStream.range(0, weights.size())
                .mapToObj(i -> "#" + weights.get(i).number())
                .collect(Collectors.joining(" and "));
    }
}
