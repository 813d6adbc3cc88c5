package io.github.swscan.ablate;

import io.github.swscan.effect.Statistic;
import java.util.Optional;

/**
 * How well a branch does a task. All numbers are finite.
 *
 * @param name the task's
 * @param items how many questions or texts it has
 * @param accuracy the share of items done right: the choice of the highest likelihood, or every token of the last word
 *     the most likely one
 * @param accuracyNormalized the same where likelihoods are taken by the character; of multiple choice only
 * @param targetPerplexity the exponential of the mean negative log-likelihood of a last word; of last words only
 */
public record TaskScore(
        String name,
        Kind kind,
        int items,
        Statistic accuracy,
        Optional<Statistic> accuracyNormalized,
        Optional<Statistic> targetPerplexity) {

    /** What is asked. */
    public enum Kind {
        MULTIPLE_CHOICE("multiple-choice"),
        LAST_WORD("last-word");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** What reports call it. */
        public String label() {
            return label;
        }
    }
}
