package io.github.swscan.detect;

import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.Model;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.Readout;
import io.github.swscan.forward.Sequences;
import io.github.swscan.forward.TokenScores;
import io.github.swscan.text.TokenSet;
import java.util.ArrayList;
import java.util.HashMap;
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

    private final Model model;
    private final TokenSet tokens;
    private final Sequences sequences;
    private final DetectionSettings settings;
    private final LongConsumer bytesRead;

    /**
     * @param tokens at least one calibration sequence, and one evaluation sequence of two tokens or more
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    public Detector(Model model, TokenSet tokens, DetectionSettings settings, LongConsumer bytesRead) {
        this.model = model;
        this.tokens = tokens;
        this.sequences = new Sequences(tokens.sequences());
        this.settings = settings;
        this.bytesRead = bytesRead;
    }

    /**
     * Runs the detection. The same inputs give the same result. Where the unedited model computes numbers that are not
     * finite, nothing after them means anything: the detection ends there, and all weights are looked through.
     */
    public Detection detect() {
        Map<Set<Coordinate>, Effect> effects = new HashMap<>();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead)) {
            DetectionProbe probe =
                    new DetectionProbe(pass.original(), tokens.calibration(), tokens.evaluation(), settings);
            Readout readout;
            try {
                readout = pass.run(List.of(), probe);
            } catch (NonFiniteActivationsException found) {
                return ended(probe, OptionalInt.of(found.layer()));
            }
            LiveExperiments experiments = probe.experiments();
            Map<Branch, TokenScores> scores = score(readout, pass.original(), experiments.branches());
            TokenScores original = scores.get(pass.original());
            if (!Double.isFinite(original.meanNegativeLogLikelihood())) {
                return ended(probe, OptionalInt.empty());
            }
            Set<Set<Coordinate>> needed = Experiments.proving(probe.candidates());
            for (Set<Coordinate> experiment : needed) {
                experiments
                        .of(experiment)
                        .map(scores::get)
                        .ifPresent(score -> effects.put(experiment, Effect.of(score, original)));
            }
            List<Set<Coordinate>> open = needed.stream()
                    .filter(experiment -> !effects.containsKey(experiment))
                    .toList();
            boolean anyIndependent = !experiments.peeledWeights().isEmpty();
            boolean anyControl = !experiments.controlWeights().isEmpty();
            Optional<Effect> allRemoved = anyIndependent
                    ? Optional.of(Effect.of(scores.get(experiments.peeled()), original))
                    : Optional.empty();
            Optional<Effect> control =
                    anyControl ? Optional.of(Effect.of(scores.get(experiments.control()), original)) : Optional.empty();
            int furtherReadings = prove(open, effects);
            return new Detection(
                    original.meanNegativeLogLikelihood(),
                    original.tokens(),
                    List.copyOf(probe.layers()),
                    proofs(probe.candidates(), effects),
                    List.copyOf(probe.diffuse()),
                    groups(probe.candidates(), effects),
                    allRemoved,
                    experiments.controlWeights(),
                    control,
                    1 + furtherReadings,
                    Optional.empty());
        }
    }

    private Detection ended(DetectionProbe probe, OptionalInt layer) {
        List<NonFiniteTensor> tensors = new NonFiniteWeights(model.architecture(), model.checkpoint()).find(bytesRead);
        return Detection.ended(List.copyOf(probe.layers()), new Breakdown(layer, tensors));
    }

    /** Runs experiments that the first reading left open; returns how many readings that took. */
    private int prove(List<Set<Coordinate>> open, Map<Set<Coordinate>, Effect> effects) {
        int step = 2 * settings.maximumCandidates();
        int readings = 0;
        for (int from = 0; from < open.size(); from += step) {
            List<Set<Coordinate>> batch = open.subList(from, Math.min(open.size(), from + step));
            List<Branch> branches = batch.stream()
                    .map(experiment -> new Branch(tokens.evaluation(), LiveExperiments.zeroed(experiment)))
                    .toList();
            try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead)) {
                Readout readout = pass.run(branches, Probe.NONE);
                Map<Branch, TokenScores> scores = score(readout, pass.original(), branches);
                for (int i = 0; i < batch.size(); i++) {
                    effects.put(batch.get(i), Effect.of(scores.get(branches.get(i)), scores.get(pass.original())));
                }
            }
            readings++;
        }
        return readings;
    }

    private Map<Branch, TokenScores> score(Readout readout, Branch original, List<Branch> others) {
        List<Branch> branches = new ArrayList<>();
        branches.add(original);
        branches.addAll(others);
        List<TokenScores> scores = readout.score(branches, tokens.evaluation());
        Map<Branch, TokenScores> byBranch = new HashMap<>();
        for (int i = 0; i < branches.size(); i++) {
            byBranch.put(branches.get(i), scores.get(i));
        }
        return byBranch;
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
