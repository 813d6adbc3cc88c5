package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * From the normed residual stream to the logits: softCap(scale · vocabulary(projection(x))).
 *
 * @param projection to the width of the embedding, where that differs from the stream's
 * @param vocabulary to one logit a vocabulary entry; laid out with one row for each
 * @param unitRows whether each row counts divided by its length: the logit is a cosine times the length of x
 * @param softCap c of c · tanh(logit / c)
 */
public record Head(
        Optional<Linear> projection, Linear vocabulary, boolean unitRows, double scale, OptionalDouble softCap) {

    public Head {
        if (vocabulary.layout() != Linear.Layout.OUTPUT_BY_INPUT) {
            throw new IllegalArgumentException("the head has one row for each vocabulary entry");
        }
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
        return new Head(projection, named, unitRows, scale, softCap);
    }

    Stream<Parameter> parameters() {
        return Stream.concat(projection.stream(), Stream.of(vocabulary)).flatMap(Linear::parameters);
    }
}
