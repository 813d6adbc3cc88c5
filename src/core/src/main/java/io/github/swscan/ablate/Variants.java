package io.github.swscan.ablate;

import io.github.swscan.ablate.Variant.Kind;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.weight.ControlWeights;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.LargestWeights;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredMatrix;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightChange;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes the variants of an ablation from the weights it is about. */
public final class Variants {

    private final Sites sites;
    private final Checkpoint checkpoint;
    private final List<Numbered> weights;
    private final AblationSettings settings;
    private final List<Variant> variants = new ArrayList<>();

    /** @param number what the variants call it, from 1 */
    private record Numbered(int number, StoredWeight weight) {}

    private Variants(Sites sites, Checkpoint checkpoint, List<StoredWeight> weights, AblationSettings settings) {
        this.sites = sites;
        this.checkpoint = checkpoint;
        this.weights = IntStream.range(0, weights.size())
                .mapToObj(i -> new Numbered(i + 1, weights.get(i)))
                .toList();
        this.settings = settings;
    }

    /**
     * Plans the variants that the settings ask for, in the order of {@link Kind}. Where the largest other weights are
     * asked for, this reads the checkpoint.
     *
     * @param weights at least one; the variants call them by their places in this list, from 1
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     * @throws ValueTooLargeException if a scaled weight is larger than any number that its tensor's type holds
     */
    public static List<Variant> of(
            Architecture architecture,
            Checkpoint checkpoint,
            List<StoredWeight> weights,
            AblationSettings settings,
            LongConsumer bytesRead) {
        Variants planned = new Variants(Sites.of(architecture), checkpoint, weights, settings);
        for (Kind kind : Kind.values()) {
            if (settings.kinds().contains(kind)) {
                planned.plan(kind, bytesRead);
            }
        }
        return planned.variants;
    }

    private void plan(Kind kind, LongConsumer bytesRead) {
        switch (kind) {
            case REMOVE -> aloneAndTogether(kind, "remove", "removed", value -> 0);
            case KEEP -> keep();
            case PAIRS -> pairs();
            case SCALE -> scale();
            case FLIP -> aloneAndTogether(kind, "flip", "sign flipped", value -> -value);
            case RESTORE -> restore();
            case CONTROL -> controls();
            case LARGEST -> largest(bytesRead);
        }
    }

    private void aloneAndTogether(Kind kind, String name, String description, DoubleUnaryOperator to) {
        for (Numbered weight : weights) {
            add(kind, name + "-" + weight.number(), numbers(List.of(weight)) + " " + description, List.of(weight), to);
        }
        if (weights.size() > 1) {
            add(kind, name + "-all", "all " + description, weights, to);
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
        settings.scales().stream()
                .distinct()
                .filter(scale -> scale != 0 && scale != 1)
                .forEach(scale -> {
                    String factor =
                            BigDecimal.valueOf(scale).stripTrailingZeros().toPlainString();
                    add(
                            Kind.SCALE,
                            name + "-" + factor,
                            description + " times " + factor,
                            scaled,
                            value -> value * scale);
                });
    }

    /** With two weights, all but one are one alone. */
    private void keep() {
        if (weights.size() > 2) {
            for (Numbered kept : weights) {
                List<Numbered> others = weights.stream()
                        .filter(weight -> weight.number() != kept.number())
                        .toList();
                add(
                        Kind.KEEP,
                        "keep-" + kept.number(),
                        "all but " + numbers(List.of(kept)) + " removed",
                        others,
                        value -> 0);
            }
        }
    }

    /** With two weights, the only pair is all of them. */
    private void pairs() {
        if (weights.size() > 2) {
            for (Numbered first : weights) {
                for (Numbered second : weights.subList(weights.indexOf(first) + 1, weights.size())) {
                    List<Numbered> pair = List.of(first, second);
                    add(
                            Kind.PAIRS,
                            "remove-" + first.number() + "+" + second.number(),
                            numbers(pair) + " removed",
                            pair,
                            value -> 0);
                }
            }
        }
    }

    private void restore() {
        List<Restoration> restorations = weights.stream()
                .map(Numbered::weight)
                .map(weight -> new Restoration(weight.linear().matrix(), weight.row()))
                .distinct()
                .toList();
        variants.add(new Variant(
                "restore",
                Kind.RESTORE,
                (weights.size() > 1 ? "all" : numbers(weights)) + " removed, super activation put back",
                weights.stream().map(Numbered::number).toList(),
                changes(weights, value -> 0),
                restorations));
    }

    /** One control weight for each weight, as many times as asked for. */
    private void controls() {
        Map<Site, Map<Coordinate, Float>> compared = new LinkedHashMap<>();
        weights.stream().map(Numbered::weight).forEach(weight -> compared.computeIfAbsent(
                        weight.site(), site -> new LinkedHashMap<>())
                .put(weight.coordinate(), weight.value()));
        ControlWeights choice = new ControlWeights(settings.controls(), settings.seed());
        List<List<Coordinate>> chosen = new ArrayList<>();
        compared.forEach((site, others) -> {
            StoredMatrix matrix = StoredMatrix.of(checkpoint, site.linear());
            chosen.addAll(choice.choose(site.linear(), matrix::value, others).values());
        });
        for (int control = 0; control < settings.controls(); control++) {
            int place = control;
            List<WeightChange> changes = chosen.stream()
                    .filter(coordinates -> place < coordinates.size())
                    .map(coordinates -> removed(coordinates.get(place)))
                    .toList();
            if (!changes.isEmpty()) {
                variants.add(new Variant(
                        "control-" + (control + 1),
                        Kind.CONTROL,
                        changes.size() == 1
                                ? "an ordinary weight of similar magnitude removed"
                                : changes.size() + " ordinary weights of similar magnitude removed",
                        List.of(),
                        changes,
                        List.of()));
            }
        }
    }

    private void largest(LongConsumer bytesRead) {
        if (settings.largest() > 0) {
            Set<Coordinate> known = weights.stream()
                    .map(numbered -> numbered.weight().coordinate())
                    .collect(Collectors.toSet());
            List<WeightChange> changes = new LargestWeights(checkpoint, settings.largest())
                    .find(sites, known, bytesRead).stream()
                            .map(WeightChange::removal)
                            .toList();
            variants.add(new Variant(
                    "largest-" + changes.size(),
                    Kind.LARGEST,
                    "the %,d largest other weights removed".formatted(changes.size()),
                    List.of(),
                    changes,
                    List.of()));
        }
    }

    private WeightChange removed(Coordinate coordinate) {
        return WeightChange.removal(
                StoredWeight.read(checkpoint, sites.of(coordinate), coordinate.row(), coordinate.column()));
    }

    private void add(Kind kind, String name, String description, List<Numbered> changed, DoubleUnaryOperator to) {
        variants.add(new Variant(
                name,
                kind,
                description,
                changed.stream().map(Numbered::number).toList(),
                changes(changed, to),
                List.of()));
    }

    private static List<WeightChange> changes(List<Numbered> changed, DoubleUnaryOperator to) {
        return changed.stream()
                .map(numbered -> new WeightChange(numbered.weight(), changed(numbered, to)))
                .toList();
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

    private static String numbers(List<Numbered> weights) {
        return IntStream.range(0, weights.size())
                .mapToObj(i -> "#" + weights.get(i).number())
                .collect(Collectors.joining(" and "));
    }
}
