package io.github.swscan.ablate;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * How much of a continuation repeats itself: the share of its tokens that complete four tokens in a row that stood in it
 * before. A damaged model may keep its perplexity on given text and still loop on what it writes itself.
 */
final class LoopRate {

    /** In shorter continuations there is no room for loops. */
    static final int FEWEST_TOKENS = 128;

    private static final int RUN = 4;

    private LoopRate() {}

    /**
     * The rate of a continuation.
     *
     * @param asked how many tokens it was to have; it has fewer if it ended
     * @return from 0 to 1; empty if fewer than {@value #FEWEST_TOKENS} were asked for, or it has none
     */
    static OptionalDouble of(List<Integer> continuation, int asked) {
        if (asked < FEWEST_TOKENS || continuation.isEmpty()) {
            return OptionalDouble.empty();
        }
        Set<List<Integer>> seen = new HashSet<>();
        int repeated = 0;
        for (int end = RUN; end <= continuation.size(); end++) {
            if (!seen.add(continuation.subList(end - RUN, end))) {
                repeated++;
            }
        }
        return OptionalDouble.of((double) repeated / continuation.size());
    }
}
