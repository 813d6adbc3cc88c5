package io.github.swscan.scan;

import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenRequest;

/**
 * How much text an ablation measures on where nobody says how much: a constant of the model's size, so that the same model
 * gives the same numbers on every machine.
 *
 * @param tokens of the text
 * @param window how long a sequence of it is, at most; short enough that there are several to resample
 */
record AblationBudget(int tokens, int window) {

    /** Parameters times tokens times variants: about what a detection of the same model computes. */
    private static final double WORK = 1e13;

    /** What the variants that are made by default come to, with the unedited model. */
    private static final int USUAL_VARIANTS = 16;

    private static final int FEWEST_TOKENS = 256;
    private static final int FEWEST_WINDOWS = 4;

    /** The budget for a model with so many parameters. */
    static AblationBudget of(long parameters) {
        double affordable = WORK / USUAL_VARIANTS / parameters;
        int tokens = (int) Math.max(FEWEST_TOKENS, Math.min(TokenBudget.DEFAULT_EVALUATION_TOKENS, affordable));
        return new AblationBudget(tokens, Math.min(TokenBudget.DEFAULT_WINDOW, tokens / FEWEST_WINDOWS));
    }

    /** Whether it leaves something of the built-in text out. */
    boolean limits(TokenRequest request) {
        return tokens < TokenBudget.DEFAULT_EVALUATION_TOKENS
                && !request.givesTokenIds()
                && request.textFile().isEmpty()
                && request.maximumTokens() == 0
                && request.window() == 0;
    }

    /** The request, limited where it does not say how much is to be read. */
    TokenRequest applied(TokenRequest request) {
        return limits(request)
                ? new TokenRequest(
                        request.prompts(),
                        request.promptsFile(),
                        request.textFile(),
                        request.tokenIdsFile(),
                        tokens,
                        window)
                : request;
    }
}
