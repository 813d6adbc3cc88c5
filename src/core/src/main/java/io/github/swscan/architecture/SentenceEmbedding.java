package io.github.swscan.architecture;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What a sentence encoder makes of the last hidden states of a text: one vector, as sentence-transformers computes it.
 *
 * @param poolings how one vector is made of those of all tokens; of several, their results stand one after the other
 * @param steps what is done with that vector, in order
 * @param longestText how many tokens of a text it takes, where that is said
 */
public record SentenceEmbedding(List<Pooling> poolings, List<Step> steps, OptionalInt longestText) {

    public SentenceEmbedding {
        poolings = List.copyOf(poolings);
        steps = List.copyOf(steps);
    }

    /** Over all tokens of a text, special ones included. */
    public enum Pooling {
        FIRST,
        /** Of each channel the largest entry. */
        MAXIMUM,
        MEAN,
        /** The sum, divided by the root of the number of tokens. */
        SUM_BY_ROOT,
        /** Each token counts as often as its position says, from 1. */
        WEIGHTED_MEAN,
        LAST
    }

    /** One thing that is done with the vector. */
    public sealed interface Step {}

    /** activation(linear(x)). */
    public record Dense(Linear linear, Activation.Function activation) implements Step {}

    /** x divided by its length. */
    public record Normalized() implements Step {}

    Stream<Parameter> parameters() {
        return steps.stream()
                .filter(Dense.class::isInstance)
                .flatMap(step -> ((Dense) step).linear().parameters());
    }
}
