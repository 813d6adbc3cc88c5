package io.github.swscan.weight;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Head;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Looks through all weights of a model for NaN and infinities. */
public final class NonFiniteWeights {

    private static final int READ_AT_ONCE = 1 << 20;

    private final Architecture architecture;
    private final Checkpoint checkpoint;
    private final Sites sites;

    public NonFiniteWeights(Architecture architecture, Checkpoint checkpoint) {
        this.architecture = architecture;
        this.checkpoint = checkpoint;
        this.sites = Sites.of(architecture);
    }

    /**
     * The tensors that hold any, in the order in which the model reads them. Uses all processors.
     *
     * @param bytesRead is told of every tensor that is read, in bytes
     */
    public List<NonFiniteTensor> find(LongConsumer bytesRead) {
        List<NonFiniteTensor> found = new ArrayList<>();
        for (String name : Parameters.of(architecture).keySet()) {
            TensorInfo tensor = checkpoint.find(name).orElseThrow();
            if (tensor.dtype().isComputable()) {
                search(tensor).map(place -> placed(tensor, place)).ifPresent(found::add);
            }
            bytesRead.accept(tensor.bytes());
        }
        return found;
    }

    /** The first such number of a part of a tensor, and how many there are. */
    private record Found(long element, float value, long count) {

        Found and(Found later) {
            return new Found(element, value, count + later.count);
        }
    }

    private Optional<Found> search(TensorInfo tensor) {
        return LongStream.rangeClosed(0, (tensor.elements() - 1) / READ_AT_ONCE)
                .parallel()
                .mapToObj(part -> search(tensor, part * READ_AT_ONCE))
                .flatMap(Optional::stream)
                .reduce(Found::and);
    }

    private Optional<Found> search(TensorInfo tensor, long from) {
        float[] values = checkpoint.floats(tensor, from, (int) Math.min(READ_AT_ONCE, tensor.elements() - from), 1);
        int first = -1;
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                first = first < 0 ? i : first;
                count++;
            }
        }
        return first < 0 ? Optional.empty() : Optional.of(new Found(from + first, values[first], count));
    }

    private NonFiniteTensor placed(TensorInfo tensor, Found found) {
        Place place = weight(tensor.name(), found.element())
                .or(() -> bias(tensor.name(), found.element()))
                .orElseGet(() -> Place.inShape(tensor, found.element()));
        return new NonFiniteTensor(
                tensor.name(),
                layer(tensor.name()),
                place.expert(),
                place.row(),
                place.column(),
                found.element(),
                found.value(),
                found.count());
    }

    private OptionalInt layer(String tensor) {
        return architecture.blocks().stream()
                .filter(block -> block.tensors().anyMatch(tensor::equals))
                .mapToInt(Block::layer)
                .findFirst();
    }

    /** Where in its tensor an element is, in the terms of {@link NonFiniteTensor}. */
    private record Place(OptionalInt expert, OptionalInt row, OptionalInt column) {

        /** Of a tensor that belongs to no linear map. */
        static Place inShape(TensorInfo tensor, long element) {
            int dimensions = tensor.shape().size();
            long last = dimensions == 0 ? 1 : tensor.shape().get(dimensions - 1);
            return switch (dimensions) {
                case 0 -> new Place(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
                case 1 -> new Place(OptionalInt.empty(), OptionalInt.of((int) element), OptionalInt.empty());
                default ->
                    new Place(OptionalInt.empty(), OptionalInt.of((int) (element / last)), OptionalInt.of((int)
                            (element % last)));
            };
        }
    }

    private Optional<Place> weight(String tensor, long element) {
        return linears()
                .filter(linear -> linear.weight().equals(tensor) && linear.hasElement(element))
                .findFirst()
                .map(linear -> {
                    Linear.Entry entry = linear.entry(element);
                    return new Place(expert(linear), OptionalInt.of(entry.row()), OptionalInt.of(entry.column()));
                });
    }

    private Optional<Place> bias(String tensor, long element) {
        return linears()
                .filter(linear -> linear.bias().filter(tensor::equals).isPresent() && linear.hasBiasElement(element))
                .findFirst()
                .map(linear -> new Place(
                        expert(linear),
                        OptionalInt.of((int) (element - linear.firstBiasElement())),
                        OptionalInt.empty()));
    }

    private OptionalInt expert(Linear linear) {
        return sites.find(linear.matrix()).map(Site::expert).orElse(OptionalInt.empty());
    }

    /** All linear maps, those outside the blocks last. */
    private Stream<Linear> linears() {
        return Stream.of(
                        sites.all().stream().map(Site::linear),
                        architecture.embedding().projection().stream(),
                        architecture.head().stream().flatMap(Head::linears))
                .flatMap(linears -> linears);
    }
}
