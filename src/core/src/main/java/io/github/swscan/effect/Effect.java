package io.github.swscan.effect;

import io.github.swscan.forward.TokenScores;
import java.util.stream.IntStream;

/**
 * What a branch does to the output. Logarithms are natural. All numbers are finite: where an edit makes the logits
 * overflow, {@link Double#MAX_VALUE} stands for the damage.
 *
 * @param meanNll the branch's mean negative log-likelihood, nats per token
 * @param meanNllRise meanNll less the unedited model's
 * @param klDivergence original‖branch, nats per token
 * @param topTokenAgreement the share of predictions whose most likely token stays the same
 * @param riseError the standard error of meanNllRise
 * @param divergenceError the standard error of klDivergence
 */
public record Effect(
        double meanNll,
        double meanNllRise,
        double klDivergence,
        double topTokenAgreement,
        double riseError,
        double divergenceError) {

    /** Of removing nothing. */
    public static final Effect NONE = new Effect(0, 0, 0, 1, 0, 0);

    /** The effect of what a branch changes, over the same predictions of both. */
    public static Effect of(TokenScores branch, TokenScores original) {
        double meanNll = finite(branch.meanNegativeLogLikelihood());
        return new Effect(
                meanNll,
                meanNll - original.meanNegativeLogLikelihood(),
                finite(branch.meanDivergence()),
                branch.topTokenAgreement(original),
                standardError(differences(branch.negativeLogLikelihoods(), original.negativeLogLikelihoods())),
                standardError(differences(branch.divergences(), new float[branch.tokens()])));
    }

    /** The same with rise and divergence changed by so many of their standard errors. */
    public Effect shifted(double errors) {
        return new Effect(
                meanNll,
                finite(meanNllRise + errors * riseError),
                Math.max(0, finite(klDivergence + errors * divergenceError)),
                topTokenAgreement,
                0,
                0);
    }

    private static double[] differences(float[] values, float[] others) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> values[i] - others[i])
                .toArray();
    }

    /** Of the mean of some values; 0 where there is none, or they are not finite. */
    private static double standardError(double[] values) {
        return Statistic.mean(values).standardError().filter(Double::isFinite).orElse(0.0);
    }

    private static double finite(double damage) {
        return Double.isFinite(damage) ? damage : Double.MAX_VALUE;
    }

    /** exp(meanNllRise), as far as a double goes. */
    public double perplexityRatio() {
        return perplexity(meanNllRise);
    }

    /** exp(meanNll), or of a rise of it the ratio, as far as a double goes. */
    public static double perplexity(double meanNll) {
        return Math.min(Double.MAX_VALUE, Math.exp(meanNll));
    }
}
