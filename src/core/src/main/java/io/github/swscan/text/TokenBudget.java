package io.github.swscan.text;

/**
 * How many tokens a run may take.
 *
 * @param prompts how many, at most
 * @param promptTokens of each prompt, at most
 * @param evaluationTokens of the text on which effects are measured, at most; special tokens not counted
 * @param window how long a window of that text is, at most
 */
public record TokenBudget(int prompts, int promptTokens, int evaluationTokens, int window) {

    public static final int DEFAULT_EVALUATION_TOKENS = 2048;
    public static final int DEFAULT_WINDOW = 512;

    /** What a run takes where nothing else is said. */
    public static final TokenBudget STANDARD = of(DEFAULT_EVALUATION_TOKENS, DEFAULT_WINDOW);

    /** All of the prompts, and this much of the text. */
    public static TokenBudget of(int evaluationTokens, int window) {
        return new TokenBudget(Integer.MAX_VALUE, Integer.MAX_VALUE, evaluationTokens, window);
    }
}
