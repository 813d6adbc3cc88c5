package io.github.swscan.weight;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
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

    public NonFiniteWeights(Architecture architecture, Checkpoint checkpoint) {
        this.architecture = architecture;
        this.checkpoint = checkpoint;
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
            search(tensor).map(place -> placed(tensor, place)).ifPresent(found::add);
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
        String name = tensor.name();
        Optional<Block> block = architecture.blocks().stream()
                .filter(candidate -> candidate.tensors().anyMatch(name::equals))
                .findFirst();
        Optional<Linear> linear = linears()
                .filter(candidate -> candidate.weight().equals(name)
                        || candidate.bias().filter(name::equals).isPresent())
                .findFirst();
        return new NonFiniteTensor(
                name,
                block.map(owner -> OptionalInt.of(owner.layer())).orElse(OptionalInt.empty()),
                expert(tensor, found, block, linear),
                row(tensor, found, linear),
                column(tensor, found, linear),
                found.element(),
                found.value(),
                found.count());
    }

    private Stream<Linear> linears() {
        return Stream.of(
                        architecture.blocks().stream().flatMap(Block::linears),
                        architecture.embedding().projection().stream(),
                        architecture.head().projection().stream(),
                        Stream.of(architecture.head().vocabulary()))
                .flatMap(linears -> linears);
    }

    private static OptionalInt expert(TensorInfo tensor, Found found, Optional<Block> block, Optional<Linear> linear) {
        if (linear.flatMap(Linear::stack).isPresent()) {
            long each = tensor.elements() / linear.get().stack().get().count();
            return OptionalInt.of((int) (found.element() / each));
        }
        return block.stream()
                .flatMap(owner -> owner.feedForward().mlps())
                .filter(mlp -> linear.isPresent() && mlp.linears().anyMatch(linear.get()::equals))
                .findFirst()
                .map(Mlp::expert)
                .orElse(OptionalInt.empty());
    }

    private static OptionalInt row(TensorInfo tensor, Found found, Optional<Linear> linear) {
        if (linear.isPresent()) {
            boolean weight = linear.get().weight().equals(tensor.name());
            boolean transposed = weight && linear.get().layout() == Linear.Layout.INPUT_BY_OUTPUT;
            long outputs = linear.get().outputs();
            return OptionalInt.of((int)
                    (weight && !transposed
                            ? found.element() / linear.get().inputs() % outputs
                            : found.element() % outputs));
        }
        return switch (tensor.shape().size()) {
            case 0 -> OptionalInt.empty();
            case 1 -> OptionalInt.of((int) found.element());
            default -> OptionalInt.of((int) (found.element() / last(tensor)));
        };
    }

    private static OptionalInt column(TensorInfo tensor, Found found, Optional<Linear> linear) {
        if (linear.isPresent()) {
            if (!linear.get().weight().equals(tensor.name())) {
                return OptionalInt.empty();
            }
            long inputs = linear.get().inputs();
            return OptionalInt.of((int)
                    switch (linear.get().layout()) {
                        case OUTPUT_BY_INPUT -> found.element() % inputs;
                        case INPUT_BY_OUTPUT -> found.element() / linear.get().outputs() % inputs;
                    });
        }
        return tensor.shape().size() < 2 ? OptionalInt.empty() : OptionalInt.of((int) (found.element() % last(tensor)));
    }

    private static long last(TensorInfo tensor) {
        return tensor.shape().get(tensor.shape().size() - 1);
    }
}
