package io.github.swscan.forward;

import java.util.List;

/**
 * How a branch predicts tokens: of evaluated sequences those that are to be predicted, one sequence after the other; or
 * those of continuations. Logarithms are natural.
 */
public final class TokenScores {

    private final float[] negativeLogLikelihood;
    private final float[] divergence;
    private final long[] topToken;
    private final float[] logSum;

    /**
     * @param negativeLogLikelihood of the token that really followed, in nats
     * @param divergence the Kullback-Leibler divergence of the original model's prediction to the branch's, in nats
     * @param topToken the token that the branch finds most likely
     * @param logSum the logarithm of the sum of the exponentials of all logits
     */
    TokenScores(float[] negativeLogLikelihood, float[] divergence, long[] topToken, float[] logSum) {
        this.negativeLogLikelihood = negativeLogLikelihood;
        this.divergence = divergence;
        this.topToken = topToken;
        this.logSum = logSum;
    }

    /** Of all predictions of some scores, one after the other. */
    static TokenScores joined(List<TokenScores> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        int tokens = parts.stream().mapToInt(TokenScores::tokens).sum();
        TokenScores joined = new TokenScores(new float[tokens], new float[tokens], new long[tokens], new float[tokens]);
        int first = 0;
        for (TokenScores part : parts) {
            int count = part.tokens();
            System.arraycopy(part.negativeLogLikelihood, 0, joined.negativeLogLikelihood, first, count);
            System.arraycopy(part.divergence, 0, joined.divergence, first, count);
            System.arraycopy(part.topToken, 0, joined.topToken, first, count);
            System.arraycopy(part.logSum, 0, joined.logSum, first, count);
            first += count;
        }
        return joined;
    }

    /** The number of predictions. */
    public int tokens() {
        return negativeLogLikelihood.length;
    }

    /** Of each prediction, in nats. */
    public float[] negativeLogLikelihoods() {
        return negativeLogLikelihood.clone();
    }

    /** Of each prediction, in nats; rounding may make a divergence of nothing slightly negative. */
    public float[] divergences() {
        return divergence.clone();
    }

    /** The most likely token of each prediction. */
    public long[] topTokens() {
        return topToken.clone();
    }

    float[] logSums() {
        return logSum;
    }

    /** Nats per token. */
    public double meanNegativeLogLikelihood() {
        return mean(negativeLogLikelihood);
    }

    /** Nats per token; rounding may make a divergence of nothing slightly negative, which is given as 0. */
    public double meanDivergence() {
        return Math.max(0, mean(divergence));
    }

    /** The share of tokens whose most likely prediction is the same in another branch. */
    public double topTokenAgreement(TokenScores other) {
        int equal = 0;
        for (int i = 0; i < topToken.length; i++) {
            if (topToken[i] == other.topToken[i]) {
                equal++;
            }
        }
        return (double) equal / topToken.length;
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
