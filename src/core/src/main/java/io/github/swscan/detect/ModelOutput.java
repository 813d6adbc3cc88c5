package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.effect.SentenceEmbeddingEffect;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.HiddenStateChanges;
import io.github.swscan.forward.TokenScores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What effects are measured on: the predictions of a model or, where it has no language-modelling head, the vectors that it
 * makes of texts, or its hidden states where it is not known what is made of these.
 */
enum ModelOutput {
    PREDICTIONS(0.0025) {
        @Override
        Optional<Baseline> baseline(HeadPass head, Branch original, List<Integer> sequences) {
            TokenScores scores = head.score(List.of(original), sequences).get(0);
            double meanNll = scores.meanNegativeLogLikelihood();
            return Double.isFinite(meanNll)
                    ? Optional.of(Baseline.ofPredictions(meanNll, scores.tokens()))
                    : Optional.empty();
        }

        @Override
        <K> Map<K, Effect> effects(HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated) {
            List<Branch> scored = new ArrayList<>();
            scored.add(original);
            scored.addAll(branches.values());
            List<TokenScores> scores = head.score(scored, evaluated);
            int[] predictions = evaluated.stream().mapToInt(head::predictions).toArray();
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
            return areFinite(head, original, sequences)
                    ? Optional.of(Baseline.ofHiddenStates(tokens(head, sequences)))
                    : Optional.empty();
        }

        @Override
        <K> Map<K, Effect> effects(HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated) {
            return new LinkedHashMap<>(hiddenStateEffects(head, original, branches, evaluated));
        }
    },

    SENTENCE_EMBEDDINGS(0.00005) {
        @Override
        Optional<Baseline> baseline(HeadPass head, Branch original, List<Integer> sequences) {
            return areFinite(head, original, sequences)
                    ? Optional.of(Baseline.ofEmbeddings(tokens(head, sequences), sequences.size()))
                    : Optional.empty();
        }

        @Override
        <K> Map<K, Effect> effects(HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated) {
            float[][] unedited = head.sentenceEmbeddings(original, evaluated);
            Map<K, Effect> effects = new LinkedHashMap<>();
            hiddenStateEffects(head, original, branches, evaluated)
                    .forEach((key, hidden) -> effects.put(
                            key,
                            SentenceEmbeddingEffect.of(
                                    unedited, head.sentenceEmbeddings(branches.get(key), evaluated), hidden)));
            return effects;
        }
    };

    private static boolean areFinite(HeadPass head, Branch original, List<Integer> sequences) {
        for (int sequence : sequences) {
            for (float entry : head.hiddenStates(original, List.of(sequence))) {
                if (!Float.isFinite(entry)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static int tokens(HeadPass head, List<Integer> sequences) {
        return sequences.stream().mapToInt(head::tokens).sum();
    }

    private static <K> Map<K, HiddenStateEffect> hiddenStateEffects(
            HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated) {
        List<HiddenStateChanges> changes = head.hiddenStateChanges(original, List.copyOf(branches.values()), evaluated);
        int[] tokens = evaluated.stream().mapToInt(head::tokens).toArray();
        Map<K, HiddenStateEffect> effects = new LinkedHashMap<>();
        for (K key : branches.keySet()) {
            effects.put(key, HiddenStateEffect.of(changes.get(effects.size()), tokens));
        }
        return effects;
    }

    private final double nothing;

    ModelOutput(double nothing) {
        this.nothing = nothing;
    }

    static ModelOutput of(Architecture architecture) {
        if (architecture.head().isPresent()) {
            return PREDICTIONS;
        }
        return architecture.sentenceEmbedding().isPresent() ? SENTENCE_EMBEDDINGS : HIDDEN_STATES;
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
     */
    abstract <K> Map<K, Effect> effects(
            HeadPass head, Branch original, Map<K, Branch> branches, List<Integer> evaluated);
}
