package io.github.swscan.scan;

import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.effect.Bootstrap;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenRequest;

/**
 * How much text an ablation measures on where nobody says how much: a constant of the model's size, so that the same model
 * gives the same numbers on every machine. Of a text that the user gives it reads what a detection reads, so that both
 * tell the same of the unedited model; of the built-in one more where it can, for the sake of intervals.
 *
 * @param tokens of the built-in text
 * @param window how long a sequence of it is, at most; short enough that there are enough of them to resample
 */
record AblationBudget(int tokens, int window) {

    /** Parameters times tokens times variants: about what a detection of the same model computes. */
    private static final double WORK = 1e13;

    /** What the variants that are made by default come to, with the unedited model. */
    private static final int USUAL_VARIANTS = 16;

    private static final int SHORTEST_WINDOW = 32;

    /** The budget for a model with so many parameters. */
    static AblationBudget of(long parameters) {
        double affordable = WORK / USUAL_VARIANTS / parameters;
        int fewest = Bootstrap.FEWEST_SEQUENCES * SHORTEST_WINDOW;
        int tokens = (int) Math.max(fewest, Math.min(TokenBudget.DEFAULT_EVALUATION_TOKENS, affordable));
        return new AblationBudget(tokens, tokens / Bootstrap.FEWEST_SEQUENCES);
    }

    /** How much is read for a request that does not say it. */
    TokenBudget text(TokenRequest request, DetectionBudget detection) {
        return request.textFile().isEmpty() ? TokenBudget.of(tokens, window) : detection.text();
    }

    /**
     * Whether a detection of the same model that is asked to read the same measures on another amount of text.
     *
     * @param contextLength the longest sequence that the model was made for, in tokens
     */
    boolean differsFrom(DetectionBudget detection, TokenRequest request, int contextLength) {
        boolean said = request.givesTokenIds() || request.maximumTokens() > 0;
        TokenBudget own = text(request, detection);
        TokenBudget other = detection.text();
        boolean sameWindow = request.window() > 0
                || Math.min(own.window(), contextLength) == Math.min(other.window(), contextLength);
        return !said && !(sameWindow && own.evaluationTokens() == other.evaluationTokens());
    }
}
