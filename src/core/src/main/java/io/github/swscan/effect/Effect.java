package io.github.swscan.effect;

/** What a branch does to the output of the model, beside the unedited one. All numbers are finite. */
public sealed interface Effect permits PredictionEffect, HiddenStateEffect, SentenceEmbeddingEffect {

    /**
     * How far the output moves, whatever the text goes on with: nats of divergence, part of the hidden state, or what the
     * cosine of vectors of texts lacks to 1. 0 for none.
     */
    double change();

    /** The same with the damage changed by so many of its standard errors. */
    Effect shifted(double errors);
}
