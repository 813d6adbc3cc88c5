package io.github.swscan.ablate;

import io.github.swscan.effect.Estimate;
import java.util.List;
import java.util.Optional;

/**
 * How a branch predicts, and how that differs from the unedited model. Logarithms are natural, all numbers finite.
 *
 * @param meanNll mean negative log-likelihood, nats per token
 * @param meanNllRise less the unedited model's
 * @param klDivergence original‖branch, nats per token
 * @param topTokenAgreement the share of predictions whose most likely token stays the same
 * @param entropy of the predicted distributions, nats per token
 * @param stopWordMass the probability of all stop words together; empty without a tokenizer
 * @param gained the tokens of the vocabulary whose mean probability rose most, the most first
 * @param lost those whose mean probability fell most
 * @param tasks how well it does each task
 */
public record Outcome(
        double meanNll,
        Estimate meanNllRise,
        Estimate klDivergence,
        Estimate topTokenAgreement,
        Estimate entropy,
        Optional<Estimate> stopWordMass,
        List<ProbabilityShift> gained,
        List<ProbabilityShift> lost,
        List<TaskScore> tasks) {

    /**
     * The mean probability of a token of the vocabulary, over all predictions.
     *
     * @param before in the unedited model
     * @param after in the branch
     */
    public record ProbabilityShift(int token, double before, double after) {}
}
