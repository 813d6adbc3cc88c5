package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * From the normed residual stream to the logits: softCap(scale · vocabulary(transform(x))).
 *
 * @param transform what comes before the vocabulary's matrix
 * @param vocabulary to one logit a vocabulary entry; laid out with one row for each
 * @param predicted how many of these, the first ones, can be predicted
 * @param unitRows whether each row counts divided by its length: the logit is a cosine times the length of x
 * @param softCap c of c · tanh(logit / c)
 */
public record Head(
        Optional<Transform> transform,
        Linear vocabulary,
        int predicted,
        boolean unitRows,
        double scale,
        OptionalDouble softCap) {

    public Head {
        if (vocabulary.layout() != Linear.Layout.OUTPUT_BY_INPUT) {
            throw new IllegalArgumentException("the head has one row for each vocabulary entry");
        }
    }

    /**
     * norm(activation(linear(x))), to the width of the embedding.
     *
     * @param norm empty: none
     */
    public record Transform(Linear linear, Activation.Function activation, Optional<Norm> norm) {

        Stream<Parameter> parameters() {
            return Stream.concat(linear.parameters(), norm.stream().flatMap(Norm::parameters));
        }
    }

    /** The linear maps, in the order in which they are applied. */
    public Stream<Linear> linears() {
        return Stream.concat(transform.stream().map(Transform::linear), Stream.of(vocabulary));
    }

    /** The same with its matrix in a tensor of another name. */
    public Head inTable(String tensor) {
        Linear named = new Linear(
                tensor,
                vocabulary.bias(),
                vocabulary.layout(),
                vocabulary.inputs(),
                vocabulary.outputs(),
                vocabulary.stack());
        return new Head(transform, named, predicted, unitRows, scale, softCap);
    }

    Stream<Parameter> parameters() {
        return Stream.concat(transform.stream().flatMap(Transform::parameters), vocabulary.parameters());
    }
}
