package io.github.swscan.detect;

import java.util.OptionalDouble;

/**
 * What the output of the unedited model is.
 *
 * @param meanNll its mean negative log-likelihood, nats per token; empty without a language-modelling head
 * @param tokens how many predictions that is the mean of; without a head, how many hidden states effects are the mean of
 */
public record Baseline(OptionalDouble meanNll, int tokens) {}
