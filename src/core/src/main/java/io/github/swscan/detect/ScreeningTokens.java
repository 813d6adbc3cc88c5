package io.github.swscan.detect;

import io.github.swscan.text.TokenSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the first reading reads: all sequences, and the beginning of what effects are measured on, to screen candidates on.
 *
 * @param sequences those of the run in their order, and perhaps one more
 * @param targets what is to be predicted in them, as in {@link TokenSet#targets}
 * @param screened the indexes of those that candidates are screened on
 */
record ScreeningTokens(List<int[]> sequences, List<int[]> targets, List<Integer> screened) {

    /** @param most how many tokens candidates are screened on */
    static ScreeningTokens of(TokenSet tokens, int most) {
        List<int[]> sequences = new ArrayList<>(tokens.sequences());
        List<int[]> targets = new ArrayList<>(tokens.targets());
        List<Integer> screened = new ArrayList<>();
        int left = most;
        for (int index : tokens.evaluation()) {
            int[] ids = tokens.sequences().get(index);
            if (ids.length <= left) {
                screened.add(index);
            } else if (left > 1) {
                int beginning = Math.max(left, tokens.firstPrediction(index) + 1);
                screened.add(sequences.size());
                sequences.add(Arrays.copyOf(ids, beginning));
                if (!targets.isEmpty()) {
                    targets.add(Arrays.copyOf(tokens.targets().get(index), beginning));
                }
            }
            left -= ids.length;
            if (left < 2) {
                break;
            }
        }
        return new ScreeningTokens(List.copyOf(sequences), List.copyOf(targets), List.copyOf(screened));
    }

    int screenedTokens() {
        return screened.stream().mapToInt(index -> sequences.get(index).length).sum();
    }

    /** Whether candidates are screened on all that effects are measured on. */
    boolean isAllOf(TokenSet tokens) {
        return screened.equals(tokens.evaluation());
    }
}
