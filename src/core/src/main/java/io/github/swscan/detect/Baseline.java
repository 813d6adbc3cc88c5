package io.github.swscan.detect;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What the output of the unedited model is.
 *
 * @param meanNll its mean negative log-likelihood, nats per token; empty without a language-modelling head
 * @param tokens how many predictions that is the mean of; without a head, how many hidden states effects are the mean of
 * @param embeddings how many vectors of texts effects are the mean of; empty where there are none
 */
public record Baseline(OptionalDouble meanNll, int tokens, OptionalInt embeddings) {

    static Baseline ofPredictions(double meanNll, int tokens) {
        return new Baseline(OptionalDouble.of(meanNll), tokens, OptionalInt.empty());
    }

    static Baseline ofHiddenStates(int tokens) {
        return new Baseline(OptionalDouble.empty(), tokens, OptionalInt.empty());
    }

    static Baseline ofEmbeddings(int tokens, int embeddings) {
        return new Baseline(OptionalDouble.empty(), tokens, OptionalInt.of(embeddings));
    }
}
