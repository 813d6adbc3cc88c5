package io.github.swscan.ablate;

import io.github.swscan.ablate.Variant.Kind;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.weight.ControlWeights;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.LargestWeights;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredMatrix;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Variants in which other weights than those in question are removed, to compare with.
 *
 * @param weights those in question
 */
record OrdinaryWeights(Sites sites, Checkpoint checkpoint, List<StoredWeight> weights) {

    /** One control weight for each weight, as many times as asked for. */
    List<Variant> controls(int count, long seed) {
        Map<Site, Map<Coordinate, Float>> compared = new LinkedHashMap<>();
        weights.forEach(weight -> compared.computeIfAbsent(weight.site(), site -> new LinkedHashMap<>())
                .put(weight.coordinate(), weight.value()));
        ControlWeights choice = new ControlWeights(count, seed);
        List<List<Coordinate>> chosen = new ArrayList<>();
        compared.forEach((site, others) -> {
            StoredMatrix matrix = StoredMatrix.of(checkpoint, site.linear());
            chosen.addAll(choice.choose(site.linear(), matrix::value, others).values());
        });
        List<Variant> variants = new ArrayList<>();
        for (int control = 0; control < count; control++) {
            int place = control;
            List<WeightChange> changes = chosen.stream()
                    .filter(coordinates -> place < coordinates.size())
                    .map(coordinates -> removed(coordinates.get(place)))
                    .toList();
            if (!changes.isEmpty()) {
                variants.add(Variant.of(
                        Kind.CONTROL,
                        "control-" + (control + 1),
                        changes.size() == 1
                                ? "an ordinary weight of similar magnitude removed"
                                : changes.size() + " ordinary weights of similar magnitude removed",
                        List.of(),
                        changes));
            }
        }
        return variants;
    }

    /**
     * The largest others of all linear maps, removed together.
     *
     * @param count how many; 0 for no variant
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    List<Variant> largest(int count, LongConsumer bytesRead) {
        if (count == 0) {
            return List.of();
        }
        List<WeightChange> changes = new LargestWeights(checkpoint, count)
                        .find(
                                sites,
                                weights.stream().map(StoredWeight::coordinate).collect(Collectors.toSet()),
                                bytesRead)
                        .stream()
                        .map(WeightChange::removal)
                        .toList();
        return List.of(Variant.of(
                Kind.LARGEST,
                "largest-" + changes.size(),
                "the %,d largest other weights removed".formatted(changes.size()),
                List.of(),
                changes));
    }

    private WeightChange removed(Coordinate coordinate) {
        return WeightChange.removal(
                StoredWeight.read(checkpoint, sites.of(coordinate), coordinate.row(), coordinate.column()));
    }
}
