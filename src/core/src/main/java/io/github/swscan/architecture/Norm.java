package io.github.swscan.architecture;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A norm over the last dimension, computed in float32.
 *
 * @param size the length of the last dimension
 * @param rows how many heads one tensor holds scales or shifts of, a row each; absent: a tensor is for all
 * @param flat whether such rows lie one after the other, in one dimension
 * @param weights the tensors of scales: none (no scaling), one, or one for each head that has scales of its own
 * @param biases the tensors of shifts, likewise
 * @param addedToWeight what the scales are stored less of: 1 where a stored 0 leaves the entry as it is, else 0
 */
public record Norm(
        Kind kind,
        int size,
        OptionalInt rows,
        boolean flat,
        List<String> weights,
        List<String> biases,
        double addedToWeight,
        double epsilon) {

    /** RMS divides by the root mean square; LAYER subtracts the mean first and divides by the standard deviation. */
    public enum Kind {
        RMS,
        LAYER
    }

    public Norm {
        weights = List.copyOf(weights);
        biases = List.copyOf(biases);
    }

    Stream<Parameter> parameters() {
        return Stream.concat(weights.stream(), biases.stream())
                .map(name -> rows.isPresent() && !flat
                        ? Parameter.of(name, rows.getAsInt(), size)
                        : Parameter.of(name, rows.orElse(1) * size));
    }
}
