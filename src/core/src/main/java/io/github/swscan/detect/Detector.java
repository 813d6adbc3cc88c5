package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.forward.TokenScores;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import io.github.swscan.weight.NonFiniteWeights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Finds super weights: one reading of the checkpoint finds the candidates and proves them, in branches that run beside
 * the unedited model. Where there are more candidates than {@link DetectionSettings#maximumCandidates}, or an experiment
 * joins weights whose branches had parted before, further readings prove the rest.
 */
public final class Detector {

    private final RunnableModel model;
    private final List<TokenSet> stages;
    private final DetectionSettings settings;
    private final LongConsumer bytesRead;

    /** What removing sets of weights does, on the tokens of one stage. */
    private record Measurement(TokenScores original, Map<Set<Coordinate>, Effect> effects, int readings) {}

    /**
     * @param stages the tokens to begin with; then those on which effects are measured again as long as a verdict is not
     *     clear. Each has at least one evaluation sequence of two tokens or more, the first one a calibration sequence
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    public Detector(RunnableModel model, List<TokenSet> stages, DetectionSettings settings, LongConsumer bytesRead) {
        this.model = model;
        this.stages = List.copyOf(stages);
        this.settings = settings;
        this.bytesRead = bytesRead;
    }

    /**
     * Runs the detection. The same inputs give the same result. Where the unedited model computes numbers that are not
     * finite, nothing after them means anything: the detection ends there, and all weights are looked through.
     */
    public Detection detect() {
        TokenSet tokens = stages.get(0);
        DetectionProbe probe;
        LiveExperiments live;
        Measurement measured;
        try (ForwardPass pass = new ForwardPass(model, new Sequences(tokens.sequences()), bytesRead)) {
            probe = new DetectionProbe(pass.original(), tokens.calibration(), tokens.evaluation(), settings);
            HeadPass readout;
            try {
                readout = pass.run(List.of(), probe);
            } catch (NonFiniteActivationsException found) {
                return ended(probe, OptionalInt.of(found.layer()));
            }
            live = probe.experiments();
            measured = measured(readout, pass.original(), live.branches(), tokens.evaluation());
        }
        if (!Double.isFinite(measured.original().meanNegativeLogLikelihood())) {
            return ended(probe, OptionalInt.empty());
        }
        Set<Set<Coordinate>> experiments = experiments(probe, live);
        measured = completed(measured, experiments, tokens);
        Detection detection = detection(probe, live, measured);
        for (TokenSet closer : stages.subList(1, stages.size())) {
            if (isClear(detection)) {
                break;
            }
            Measurement again = measured(experiments, closer.evaluationAlone());
            measured = new Measurement(again.original(), again.effects(), measured.readings() + again.readings());
            detection = detection(probe, live, measured);
        }
        return detection;
    }

    /** All sets of weights whose removal is measured. */
    private static Set<Set<Coordinate>> experiments(DetectionProbe probe, LiveExperiments live) {
        Set<Set<Coordinate>> experiments = new LinkedHashSet<>(Experiments.proving(probe.candidates()));
        experiments.add(live.peeledWeights());
        experiments.add(live.controlWeights());
        experiments.remove(Set.of());
        return experiments;
    }

    private boolean isClear(Detection detection) {
        Judge judge = Judge.of(settings, detection.control());
        return detection.proofs().stream().allMatch(judge::isClear);
    }

    private static Detection detection(DetectionProbe probe, LiveExperiments live, Measurement measured) {
        Map<Set<Coordinate>, Effect> effects = measured.effects();
        return new Detection(
                measured.original().meanNegativeLogLikelihood(),
                measured.original().tokens(),
                List.copyOf(probe.layers()),
                proofs(probe.candidates(), effects),
                List.copyOf(probe.diffuse()),
                groups(probe.candidates(), effects),
                Optional.ofNullable(effects.get(live.peeledWeights())),
                live.controlWeights(),
                Optional.ofNullable(effects.get(live.controlWeights())),
                measured.readings(),
                Optional.empty());
    }

    private Detection ended(DetectionProbe probe, OptionalInt layer) {
        List<NonFiniteTensor> tensors = new NonFiniteWeights(model.architecture(), model.checkpoint()).find(bytesRead);
        return Detection.ended(List.copyOf(probe.layers()), new Breakdown(layer, tensors));
    }

    /** With the experiments that the first reading left open, in further readings. */
    private Measurement completed(Measurement measured, Set<Set<Coordinate>> experiments, TokenSet tokens) {
        Set<Set<Coordinate>> open = new LinkedHashSet<>(experiments);
        open.removeAll(measured.effects().keySet());
        if (open.isEmpty()) {
            return measured;
        }
        Measurement further = measured(open, tokens.evaluationAlone());
        Map<Set<Coordinate>, Effect> all = new HashMap<>(measured.effects());
        all.putAll(further.effects());
        return new Measurement(measured.original(), all, measured.readings() + further.readings());
    }

    /** Runs experiments in readings of their own. */
    private Measurement measured(Set<Set<Coordinate>> experiments, TokenSet tokens) {
        List<Set<Coordinate>> all = List.copyOf(experiments);
        Map<Set<Coordinate>, Effect> effects = new HashMap<>();
        TokenScores original = null;
        int step = 2 * settings.maximumCandidates();
        int readings = 0;
        for (int from = 0; from < all.size(); from += step) {
            Map<Set<Coordinate>, Branch> branches = new LinkedHashMap<>();
            all.subList(from, Math.min(all.size(), from + step))
                    .forEach(experiment -> branches.put(
                            experiment, new Branch(tokens.evaluation(), LiveExperiments.zeroed(experiment))));
            try (ForwardPass pass = new ForwardPass(model, new Sequences(tokens.sequences()), bytesRead)) {
                HeadPass readout = pass.run(List.copyOf(branches.values()), Probe.NONE);
                Measurement batch = measured(readout, pass.original(), branches, tokens.evaluation());
                original = batch.original();
                effects.putAll(batch.effects());
            }
            readings++;
        }
        return new Measurement(original, effects, readings);
    }

    private static Measurement measured(
            HeadPass readout, Branch original, Map<Set<Coordinate>, Branch> branches, List<Integer> evaluation) {
        List<Branch> scored = new ArrayList<>();
        scored.add(original);
        scored.addAll(branches.values());
        List<TokenScores> scores = readout.score(scored, evaluation);
        Map<Set<Coordinate>, Effect> effects = new HashMap<>();
        int next = 1;
        for (Set<Coordinate> experiment : branches.keySet()) {
            effects.put(experiment, Effect.of(scores.get(next++), scores.get(0)));
        }
        return new Measurement(scores.get(0), effects, 1);
    }

    private static List<Proof> proofs(List<Candidate> candidates, Map<Set<Coordinate>, Effect> effects) {
        Groups groups = Groups.of(Experiments.independent(candidates));
        return candidates.stream()
                .map(candidate -> {
                    Coordinate coordinate = candidate.coordinate();
                    Optional<Set<Coordinate>> group = groups.of(coordinate);
                    return new Proof(
                            candidate,
                            effects.get(Set.of(coordinate)),
                            group,
                            group.map(effects::get),
                            group.map(members -> effects.get(Experiments.without(members, coordinate))));
                })
                .toList();
    }

    private static List<Detection.GroupEffect> groups(
            List<Candidate> candidates, Map<Set<Coordinate>, Effect> effects) {
        return Groups.of(Experiments.independent(candidates)).members().stream()
                .map(members -> new Detection.GroupEffect(members, effects.get(members)))
                .toList();
    }
}
