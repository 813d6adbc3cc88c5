package io.github.swscan.forward;

/** Scores that no model made. */
public final class HandMadeScores {

    private HandMadeScores() {}

    /** Of predictions with these negative log-likelihoods and divergences, and their most likely tokens. */
    public static TokenScores of(float[] negativeLogLikelihood, float[] divergence, long... topTokens) {
        return new TokenScores(negativeLogLikelihood, divergence, topTokens, new float[topTokens.length]);
    }
}
