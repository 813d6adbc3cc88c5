package io.github.swscan.detect;

import io.github.swscan.forward.TokenScores;

/**
 * What a branch does to the output. Logarithms are natural. All numbers are finite: where an edit makes the logits
 * overflow, {@link Double#MAX_VALUE} stands for the damage.
 *
 * @param meanNll the branch's mean negative log-likelihood, nats per token
 * @param meanNllRise meanNll less the unedited model's
 * @param klDivergence original‖branch, nats per token
 * @param topTokenAgreement the share of predictions whose most likely token stays the same
 */
public record Effect(double meanNll, double meanNllRise, double klDivergence, double topTokenAgreement) {

    static Effect of(TokenScores branch, TokenScores original) {
        double meanNll = finite(branch.meanNegativeLogLikelihood());
        return new Effect(
                meanNll,
                meanNll - original.meanNegativeLogLikelihood(),
                finite(branch.meanDivergence()),
                branch.topTokenAgreement(original));
    }

    private static double finite(double damage) {
        return Double.isFinite(damage) ? damage : Double.MAX_VALUE;
    }

    /** exp(meanNllRise), as far as a double goes. */
    public double perplexityRatio() {
        return Math.min(Double.MAX_VALUE, Math.exp(meanNllRise));
    }
}
