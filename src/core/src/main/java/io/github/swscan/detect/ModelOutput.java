package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.HiddenStateChanges;
import io.github.swscan.forward.TokenScores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What effects are measured on: the predictions of a model or, where it has no language-modelling head, its hidden states. */
enum ModelOutput {
    PREDICTIONS(0.0025) {
        @Override
        Optional<Baseline> baseline(HeadPass head, Branch original, List<Integer> sequences) {
            TokenScores scores = head.score(List.of(original), sequences).get(0);
            double meanNll = scores.meanNegativeLogLikelihood();
            return Double.isFinite(meanNll)
                    ? Optional.of(new Baseline(OptionalDouble.of(meanNll), scores.tokens()))
                    : Optional.empty();
        }

        @Override
        <K> Map<K, Effect> effects(
                HeadPass head,
                Branch original,
                Map<K, Branch> branches,
                List<Integer> evaluated,
                List<int[]> sequences) {
            List<Branch> scored = new ArrayList<>();
            scored.add(original);
            scored.addAll(branches.values());
            List<TokenScores> scores = head.score(scored, evaluated);
            int[] predictions = evaluated.stream()
                    .mapToInt(i -> sequences.get(i).length - 1)
                    .toArray();
            Map<K, Effect> effects = new LinkedHashMap<>();
            for (K key : branches.keySet()) {
                effects.put(key, PredictionEffect.of(scores.get(effects.size() + 1), scores.get(0), predictions));
            }
            return effects;
        }
    },

    HIDDEN_STATES(0.005) {
        @Override
        Optional<Baseline> baseline(HeadPass head, Branch original, List<Integer> sequences) {
            int tokens = 0;
            for (int sequence : sequences) {
                float[] states = head.hiddenStates(original, List.of(sequence));
                for (float entry : states) {
                    if (!Float.isFinite(entry)) {
                        return Optional.empty();
                    }
                }
                tokens += head.tokens(sequence);
            }
            return Optional.of(new Baseline(OptionalDouble.empty(), tokens));
        }

        @Override
        <K> Map<K, Effect> effects(
                HeadPass head,
                Branch original,
                Map<K, Branch> branches,
                List<Integer> evaluated,
                List<int[]> sequences) {
            List<HiddenStateChanges> changes =
                    head.hiddenStateChanges(original, List.copyOf(branches.values()), evaluated);
            int[] tokens =
                    evaluated.stream().mapToInt(i -> sequences.get(i).length).toArray();
            Map<K, Effect> effects = new LinkedHashMap<>();
            for (K key : branches.keySet()) {
                effects.put(key, HiddenStateEffect.of(changes.get(effects.size()), tokens));
            }
            return effects;
        }
    };

    private final double nothing;

    ModelOutput(double nothing) {
        this.nothing = nothing;
    }

    static ModelOutput of(Architecture architecture) {
        return architecture.head().isPresent() ? PREDICTIONS : HIDDEN_STATES;
    }

    /** Of the largest change of a screening, below which nothing has shown: a quarter of what a verdict asks for. */
    double nothing() {
        return nothing;
    }

    /** What the unedited model makes of some sequences; empty where its output holds numbers that are not finite. */
    abstract Optional<Baseline> baseline(HeadPass head, Branch original, List<Integer> sequences);

    /**
     * What branches do to the output in some sequences.
     *
     * @param evaluated the numbers of the sequences
     * @param sequences all of the pass
     */
    abstract <K> Map<K, Effect> effects(
            HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated, List<int[]> sequences);
}
