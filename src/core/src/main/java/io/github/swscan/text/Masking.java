package io.github.swscan.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Masks tokens for a model to predict, as such models are trained to (Devlin et al., arXiv 1810.04805, section 3.1), but
 * that all chosen ones are replaced by the mask token.
 *
 * @param maskToken empty if it is not known: then the chosen tokens stay as they are
 * @param specialTokens those that are never masked
 */
public record Masking(OptionalInt maskToken, Set<Integer> specialTokens) {

    /** Of the ordinary tokens of a sequence, but at least one. */
    public static final double SHARE = 0.15;

    public Masking {
        specialTokens = Set.copyOf(specialTokens);
    }

    /**
     * Masks the sequences on which effects are measured. Those in which peaks are looked for stay as they are.
     *
     * @param seed of the choice
     */
    public TokenSet apply(TokenSet tokens, long seed) {
        Random random = new Random(seed);
        Set<Integer> kept = new HashSet<>(tokens.calibration());
        List<int[]> sequences = new ArrayList<>(tokens.sequences());
        List<int[]> targets = new ArrayList<>();
        sequences.forEach(ids -> targets.add(nothing(ids.length)));
        List<Integer> evaluation = new ArrayList<>();
        for (int index : tokens.evaluation()) {
            int[] masked = tokens.sequences().get(index).clone();
            int[] wanted = nothing(masked.length);
            for (int place : places(masked, random)) {
                wanted[place] = masked[place];
                masked[place] = maskToken.orElse(masked[place]);
            }
            if (kept.contains(index)) {
                evaluation.add(sequences.size());
                sequences.add(masked);
                targets.add(wanted);
            } else {
                evaluation.add(index);
                sequences.set(index, masked);
                targets.set(index, wanted);
            }
        }
        return new TokenSet(
                tokens.source(), sequences, targets, tokens.calibration(), evaluation, tokens.evaluationText());
    }

    private static int[] nothing(int tokens) {
        int[] targets = new int[tokens];
        Arrays.fill(targets, TokenSet.NOTHING);
        return targets;
    }

    /** Which tokens of a sequence are masked; none where all are special. */
    private List<Integer> places(int[] ids, Random random) {
        List<Integer> ordinary = new ArrayList<>(IntStream.range(0, ids.length)
                .filter(place -> !specialTokens.contains(ids[place]))
                .boxed()
                .toList());
        Collections.shuffle(ordinary, random);
        int count = Math.max(1, (int) Math.round(SHARE * ordinary.size()));
        return ordinary.subList(0, Math.min(count, ordinary.size()));
    }
}
