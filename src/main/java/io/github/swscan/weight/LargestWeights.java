package io.github.swscan.weight;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongConsumer;
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

    /** @param element its place among those of the linear map */
    private record Found(Linear linear, long element, float value) {
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
     * @param others weights that are left out
     * @return their removal, the largest first; fewer if the model has not so many
     */
    public List<WeightChange> find(Architecture architecture, Set<Coordinate> others, LongConsumer bytesRead) {
        architecture.blocks().stream().flatMap(block -> block.linears()).forEach(linear -> {
            TensorInfo tensor = checkpoint.find(linear.weight()).orElseThrow();
            long elements = (long) linear.inputs() * linear.outputs();
            int parts = Math.toIntExact((elements + PART - 1) / PART);
            for (int first = 0; first < parts; first += Runtime.getRuntime().availableProcessors()) {
                int end = Math.min(parts, first + Runtime.getRuntime().availableProcessors());
                float limit = largest.size() < count ? -1 : largest.peek().magnitude();
                List<List<Found>> found = IntStream.range(first, end)
                        .parallel()
                        .mapToObj(part -> above(limit, linear, tensor, (long) part * PART, elements))
                        .toList();
                found.stream()
                        .flatMap(List::stream)
                        .filter(weight -> !others.contains(coordinate(weight)))
                        .forEach(this::keep);
            }
            bytesRead.accept(elements * tensor.bytes() / Math.max(1, tensor.elements()));
        });
        return largest.stream()
                .sorted(Comparator.comparingDouble(Found::magnitude).reversed())
                .map(weight -> new WeightChange(
                        coordinate(weight), weight.linear().firstElement() + weight.element(), weight.value(), 0))
                .toList();
    }

    private List<Found> above(float limit, Linear linear, TensorInfo tensor, long first, long elements) {
        float[] values =
                checkpoint.floats(tensor, linear.firstElement() + first, (int) Math.min(PART, elements - first), 1);
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (Math.abs(values[i]) > limit) {
                found.add(new Found(linear, first + i, values[i]));
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

    private static Coordinate coordinate(Found weight) {
        Linear linear = weight.linear();
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT ->
                new Coordinate(
                        linear, (int) (weight.element() / linear.inputs()), (int) (weight.element() % linear.inputs()));
            case INPUT_BY_OUTPUT ->
                new Coordinate(linear, (int) (weight.element() % linear.outputs()), (int)
                        (weight.element() / linear.outputs()));
        };
    }
}
