package io.github.swscan.effect;

/** What a branch does to the output of the model, beside the unedited one. All numbers are finite. */
public sealed interface Effect permits PredictionEffect, HiddenStateEffect {

    /** How far the output moves, whatever the text goes on with: nats of divergence, or part of the hidden state. 0 for none. */
    double change();

    /** The same with the damage changed by so many of its standard errors. */
    Effect shifted(double errors);
}
