package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds the weights of largest magnitude in all linear maps of the blocks, in one pass over them; memory grows with how
 * many are asked for, not with the model. Not for use by several threads at once.
 */
public final class LargestWeights {

    /** How many weights one thread looks through at once. */
    private static final int PART = 1 << 18;

    private final Checkpoint checkpoint;
    private final int count;

    /** The smallest of the largest so far is on top. */
    private final PriorityQueue<Found> largest = new PriorityQueue<>(Comparator.comparingDouble(Found::magnitude));

    /** @param element its place in the stored tensor */
    private record Found(Site site, long element, float value) {
        float magnitude() {
            return Math.abs(value);
        }
    }

    public LargestWeights(Checkpoint checkpoint, int count) {
        this.checkpoint = checkpoint;
        this.count = count;
    }

    /**
     * Finds them.
     *
     * @param sites the linear maps
     * @param others weights that are left out
     * @return the largest first; fewer if the model has not so many
     */
    public List<StoredWeight> find(Sites sites, Set<Coordinate> others, LongConsumer bytesRead) {
        for (Site site : sites.all()) {
            Linear linear = site.linear();
            TensorInfo tensor = checkpoint.find(linear.weight()).orElseThrow();
            Set<Long> leftOut = elements(others, linear);
            long elements = (long) linear.inputs() * linear.outputs();
            int parts = Math.toIntExact((elements + PART - 1) / PART);
            for (int first = 0; first < parts; first += Runtime.getRuntime().availableProcessors()) {
                int end = Math.min(parts, first + Runtime.getRuntime().availableProcessors());
                float limit = largest.size() < count ? -1 : largest.peek().magnitude();
                List<List<Found>> found = IntStream.range(first, end)
                        .parallel()
                        .mapToObj(part -> above(limit, site, tensor, (long) part * PART, elements))
                        .toList();
                found.stream()
                        .flatMap(List::stream)
                        .filter(weight -> !leftOut.contains(weight.element()))
                        .forEach(this::keep);
            }
            bytesRead.accept(elements * tensor.bytes() / Math.max(1, tensor.elements()));
        }
        return largest.stream()
                .sorted(Comparator.comparingDouble(Found::magnitude).reversed())
                .map(this::stored)
                .toList();
    }

    private static Set<Long> elements(Set<Coordinate> coordinates, Linear linear) {
        return coordinates.stream()
                .filter(coordinate -> coordinate.matrix().equals(linear.matrix()))
                .map(coordinate -> linear.elementIndex(coordinate.row(), coordinate.column()))
                .collect(Collectors.toSet());
    }

    private List<Found> above(float limit, Site site, TensorInfo tensor, long first, long elements) {
        long start = site.linear().firstElement() + first;
        float[] values = checkpoint.floats(tensor, start, (int) Math.min(PART, elements - first), 1);
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (Math.abs(values[i]) > limit) {
                found.add(new Found(site, start + i, values[i]));
            }
        }
        return found;
    }

    private void keep(Found weight) {
        if (largest.size() < count) {
            largest.add(weight);
        } else if (weight.magnitude() > largest.peek().magnitude()) {
            largest.poll();
            largest.add(weight);
        }
    }

    private StoredWeight stored(Found weight) {
        Linear linear = weight.site().linear();
        Linear.Entry entry = linear.entry(weight.element());
        TensorInfo tensor = checkpoint.find(linear.weight()).orElseThrow();
        return new StoredWeight(weight.site(), entry.row(), entry.column(), tensor, weight.value());
    }
}
