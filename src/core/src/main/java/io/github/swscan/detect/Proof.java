package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import java.util.Optional;

/**
 * A candidate that was tested.
 *
 * @param order its place among the candidates by score, from 1
 * @param alone the effect of removing it alone
 * @param confirmed whether that was measured on all of the text, not only on what candidates were screened on
 * @param flipped the effect of turning its sign, where that was measured
 */
public record Proof(
        Candidate candidate,
        int order,
        Candidate.Kind kind,
        Effect alone,
        boolean confirmed,
        Optional<Effect> flipped) {}
