package io.github.swscan.effect;

import io.github.swscan.forward.TokenScores;
import java.util.stream.IntStream;

/**
 * What a branch does to the predictions of a model with a language-modelling head. Logarithms are natural. All numbers are
 * finite: where an edit makes the logits overflow, {@link Double#MAX_VALUE} stands for the damage.
 *
 * @param meanNll the branch's mean negative log-likelihood, nats per token
 * @param meanNllRise meanNll less the unedited model's
 * @param klDivergence original‖branch, nats per token
 * @param topTokenAgreement the share of predictions whose most likely token stays the same
 * @param riseError the standard error of meanNllRise
 * @param divergenceError the standard error of klDivergence
 */
public record PredictionEffect(
        double meanNll,
        double meanNllRise,
        double klDivergence,
        double topTokenAgreement,
        double riseError,
        double divergenceError)
        implements Effect {

    /**
     * The effect of what a branch changes, over the same predictions of both. Neighbouring predictions share their text,
     * so that errors are those of a mean over sequences; over predictions where there is only one sequence.
     *
     * @param predictions how many of each sequence, one sequence after the other
     */
    public static PredictionEffect of(TokenScores branch, TokenScores original, int[] predictions) {
        double meanNll = finite(branch.meanNegativeLogLikelihood());
        return new PredictionEffect(
                meanNll,
                meanNll - original.meanNegativeLogLikelihood(),
                finite(branch.meanDivergence()),
                branch.topTokenAgreement(original),
                SequenceError.of(
                        differences(branch.negativeLogLikelihoods(), original.negativeLogLikelihoods()), predictions),
                SequenceError.of(differences(branch.divergences(), new float[branch.tokens()]), predictions));
    }

    @Override
    public double change() {
        return klDivergence;
    }

    /** The same with rise and divergence changed by so many of their standard errors. */
    @Override
    public PredictionEffect shifted(double errors) {
        return new PredictionEffect(
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
