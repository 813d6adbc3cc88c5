package io.github.swscan.architecture;

import java.util.List;
import java.util.stream.Stream;

/**
 * A norm over the last dimension, computed in float32.
 *
 * @param size the length of the last dimension
 * @param heads how many heads have scales and shifts of their own; 1: all share them, or there are no heads
 * @param weights the tensors of scales: none (no scaling), one, or one for each head
 * @param biases the tensors of shifts, likewise
 * @param addedToWeight what the scales are stored less of: 1 where a stored 0 leaves the entry as it is, else 0
 */
public record Norm(
        Kind kind,
        int size,
        int heads,
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
                .map(name ->
                        heads == 1 || weights.size() > 1 ? Parameter.of(name, size) : Parameter.of(name, heads, size));
    }
}
