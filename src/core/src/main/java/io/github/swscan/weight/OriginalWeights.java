package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.checkpoint.Checkpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The down projections of the checkpoint that a model was made from, by their places in the model: whatever tensors have the
 * weights there, and in whatever layout.
 */
public final class OriginalWeights {

    private final Checkpoint checkpoint;
    private final Map<Matrix, Linear> originals;

    private OriginalWeights(Checkpoint checkpoint, Map<Matrix, Linear> originals) {
        this.checkpoint = checkpoint;
        this.originals = originals;
    }

    /** Those of a checkpoint of the {@link #difference same sizes}. */
    public static OriginalWeights of(Sites model, Sites original, Checkpoint checkpoint) {
        Map<Matrix, Linear> originals = new HashMap<>();
        for (int layer = 0; layer < model.layers(); layer++) {
            List<Site> sites = model.downProjections(layer);
            for (int i = 0; i < sites.size(); i++) {
                originals.put(
                        sites.get(i).linear().matrix(),
                        original.downProjections(layer).get(i).linear());
            }
        }
        return new OriginalWeights(checkpoint, Map.copyOf(originals));
    }

    /** How an original differs from a model in the sizes of its down projections: what it has, and what the model has. */
    public static Optional<Difference> difference(Sites model, Sites original) {
        if (model.layers() != original.layers()) {
            return Optional.of(new Difference(original.layers() + " layers", Integer.toString(model.layers())));
        }
        for (int layer = 0; layer < model.layers(); layer++) {
            List<Size> own = sizes(model, layer);
            List<Size> other = sizes(original, layer);
            if (!own.equals(other)) {
                return Optional.of(
                        new Difference("down projections of %s in layer %d".formatted(told(other), layer), told(own)));
            }
        }
        return Optional.empty();
    }

    /** What two models have, for people. */
    public record Difference(String original, String model) {}

    private record Size(OptionalInt expert, int outputs, int inputs) {}

    private static List<Size> sizes(Sites sites, int layer) {
        return sites.downProjections(layer).stream()
                .map(site -> new Size(
                        site.expert(), site.linear().outputs(), site.linear().inputs()))
                .toList();
    }

    private static String told(List<Size> sizes) {
        String distinct = sizes.stream()
                .map(size -> size.outputs() + " by " + size.inputs())
                .distinct()
                .collect(Collectors.joining(" and "));
        return sizes.size() > 1 ? distinct + ", " + sizes.size() + " in all," : distinct;
    }

    /** The weight in the original. */
    public float value(Coordinate coordinate) {
        return StoredMatrix.of(checkpoint, originals.get(coordinate.matrix()))
                .value(coordinate.row(), coordinate.column());
    }
}
