package io.github.swscan.detect;

import io.github.swscan.text.TokenBudget;
import java.io.Serializable;

/**
 * How much a detection may compute, in token-branches: a token that goes through the model once more because a branch has
 * weights removed. A constant of the model's size, so that the same model gets the same verdicts on every machine; what
 * lacks memory takes fewer branches.
 *
 * @param tokenBranches of both readings together
 * @param candidates how many weights are tested
 * @param screenTokens how many tokens the candidates are screened on
 * @param screenBranches how many branches screen them
 * @param windows how many windows of a text verdicts are confirmed on
 * @param windowTokens how long each is
 * @param manyReadings whether verdicts may be confirmed in several readings, where memory has no room for all branches
 */
public record DetectionBudget(
        long tokenBranches,
        int candidates,
        int screenTokens,
        int screenBranches,
        int windows,
        int windowTokens,
        boolean manyReadings)
        implements Serializable {

    /** Parameters times token-branches: under a minute on two cores. */
    private static final double WORK = 5.5e12;

    private static final double THOROUGH_WORK = 6e13;
    private static final long FEWEST = 3_000;
    private static final long MOST = 160_000;
    private static final long MOST_THOROUGH = 640_000;

    /** Measured on two public models: the super weights of both are among the first 12, what does 5 % among the first 32. */
    static final int CANDIDATES = 24;

    private static final int THOROUGH_CANDIDATES = 64;

    /** A quarter of the token-branches is for screening. */
    private static final int SCREENED_PART = 4;

    private static final int FEWEST_SCREEN_TOKENS = 32;
    private static final int MOST_SCREEN_TOKENS = 256;

    /** How many branches confirm what 24 candidates come to, on real models. */
    private static final int USUAL_BRANCHES = 60;

    private static final int FEWEST_BRANCHES = 8;

    /** What is proven on windows of one text only may hold for that text only. */
    private static final int FEWEST_WINDOWS = 4;

    private static final int SHORTEST_WINDOW = 32;

    private static final int LONGEST_WINDOW = 256;

    /** In token-branches: below, peaks are looked for in a few tokens, for these show a super weight as well. */
    private static final long FEW_PROMPTS_BELOW = 8_000;

    /** The budget for a model with so many parameters. */
    public static DetectionBudget of(long parameters, boolean thorough) {
        double work = (thorough ? THOROUGH_WORK : WORK) / parameters;
        long tokenBranches = Math.max(FEWEST, Math.min(thorough ? MOST_THOROUGH : MOST, (long) work));
        int candidates = thorough ? THOROUGH_CANDIDATES : CANDIDATES;
        int screenTokens = screenTokens(tokenBranches, candidates);
        int screenBranches = (int)
                Math.min(4L * candidates, Math.max(FEWEST_BRANCHES, tokenBranches / SCREENED_PART / screenTokens));
        long confirmed = (tokenBranches - (long) screenBranches * screenTokens) / USUAL_BRANCHES;
        int window = (int) Math.max(SHORTEST_WINDOW, Math.min(LONGEST_WINDOW, confirmed / FEWEST_WINDOWS / 8 * 8));
        int windows = (int) Math.max(FEWEST_WINDOWS, Math.min(8, confirmed / window));
        return new DetectionBudget(
                tokenBranches,
                Math.min(candidates, Math.max(4, screenBranches / 2)),
                screenTokens,
                screenBranches,
                windows,
                window,
                thorough);
    }

    /** As many as leave a screening two branches for every candidate: a power of two. */
    private static int screenTokens(long tokenBranches, int candidates) {
        long most = tokenBranches / SCREENED_PART / (2L * candidates);
        return (int) Math.max(FEWEST_SCREEN_TOKENS, Math.min(MOST_SCREEN_TOKENS, Long.highestOneBit(most)));
    }

    /** How much of prompts and text is read where it is not said. */
    public TokenBudget text() {
        boolean large = tokenBranches < FEW_PROMPTS_BELOW;
        return new TokenBudget(
                large ? 4 : Integer.MAX_VALUE, large ? 20 : Integer.MAX_VALUE, windows * windowTokens, windowTokens);
    }

    /** How many branches may confirm verdicts on so many tokens. */
    int confirmBranches(int tokens) {
        long left = tokenBranches - (long) screenBranches * screenTokens;
        return (int) Math.max(FEWEST_BRANCHES, Math.min(8L * candidates, left / Math.max(1, tokens)));
    }

    /** The same with another number of candidates. */
    DetectionBudget withCandidates(int number) {
        return new DetectionBudget(
                tokenBranches,
                number,
                screenTokens,
                Math.max(screenBranches, number),
                windows,
                windowTokens,
                manyReadings);
    }
}
