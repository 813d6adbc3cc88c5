package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.forward.ActivationRows;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.HeadPass;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.ControlWeights;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import io.github.swscan.weight.NonFiniteWeights;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Site;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredMatrix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds super weights in at most two readings of the checkpoint, or three where layers share weights, unless the budget
 * allows more. The first finds the
 * weights that add most to the residual stream, and screens them on a short text, each alone and with related ones, in
 * branches that run beside the unedited model. The second measures what has shown, on all of the text. docs/method.md
 * tells why.
 */
public final class Detector {

    /** Of so many super activations it is told how they go through the layers. */
    private static final int FOLLOWED = 8;

    private final RunnableModel model;
    private final TokenSet tokens;
    private final DetectionSettings settings;
    private final LongConsumer bytesRead;
    private final ModelOutput output;

    /**
     * @param tokens has at least one evaluation sequence of two tokens or more, and a calibration sequence
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    public Detector(RunnableModel model, TokenSet tokens, DetectionSettings settings, LongConsumer bytesRead) {
        this.model = model;
        this.tokens = tokens;
        this.settings = settings;
        this.bytesRead = bytesRead;
        this.output = ModelOutput.of(model.architecture());
    }

    /** What the first reading found. */
    private record Screened(
            Screening screening, Baseline baseline, Map<Set<Coordinate>, Effect> effects, int readings) {}

    /**
     * Runs the detection. The same inputs give the same result. Where the unedited model computes numbers that are not
     * finite, nothing after them means anything: the detection ends there, and all weights are looked through.
     */
    public Detection detect() {
        ScreeningTokens read = ScreeningTokens.of(tokens, settings.budget().screenTokens());
        boolean shared = Sites.of(model.architecture()).areShared();
        Screened screened;
        Sequences first = new Sequences(read.sequences(), read.targets());
        ActivationRows rows = ActivationRows.of(model);
        rows.require(first.totalTokens() + read.screenedTokens());
        try (ForwardPass pass = new ForwardPass(model, first, bytesRead)) {
            int most = (int) Math.min(
                    settings.budget().screenBranches(), (rows.most() - first.totalTokens()) / read.screenedTokens());
            Screening screening =
                    new Screening(pass.original(), tokens.calibration(), read.screened(), settings, most, !shared);
            HeadPass head;
            try {
                head = pass.run(List.of(), screening);
            } catch (NonFiniteActivationsException found) {
                return ended(screening, OptionalInt.of(found.layer()));
            }
            Optional<Baseline> baseline = output.baseline(head, pass.original(), tokens.evaluation());
            if (baseline.isEmpty()) {
                return ended(screening, OptionalInt.empty());
            }
            Map<Set<Coordinate>, Effect> effects =
                    output.effects(head, pass.original(), screening.branches().removals(), read.screened());
            screened = new Screened(screening, baseline.get(), effects, 1);
        }
        if (shared) {
            screened = screenedApart(screened, first, read.screened());
        }
        boolean nothing = screened.effects().values().stream().allMatch(effect -> effect.change() < output.nothing());
        return screened.effects().isEmpty() || (nothing && read.isAllOf(tokens))
                ? concluded(
                        screened, screened.effects(), Map.of(), Map.of(), List.of(), 0, Set.of(), screened.readings())
                : confirmed(screened);
    }

    /** Screens candidates of layers that share weights, which branches can be without from the first layer on only. */
    private Screened screenedApart(Screened found, Sequences sequences, List<Integer> screened) {
        Screening screening = found.screening();
        screening.branches().plan(screening.pool().members(), screening.groups());
        Map<Set<Coordinate>, Branch> removals = screening.branches().removals();
        if (removals.isEmpty()) {
            return found;
        }
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead)) {
            HeadPass head = pass.run(List.copyOf(removals.values()), Probe.NONE);
            Map<Set<Coordinate>, Effect> effects = output.effects(head, pass.original(), removals, screened);
            return new Screened(screening, found.baseline(), effects, found.readings() + 1);
        }
    }

    private Detection confirmed(Screened screened) {
        Screening screening = screened.screening();
        List<Candidate> pool = screening.pool().members();
        Set<Coordinate> control = controls(pool);
        TokenSet evaluation = tokens.evaluationAlone();
        ActivationRows rows = ActivationRows.of(model);
        rows.require(2L * evaluation.tokens());
        int together = (int) Math.max(1, rows.most() / evaluation.tokens() - 1);
        int affordable = settings.budget().confirmBranches(evaluation.tokens());
        List<RelatedGroup> groups = settings.budget().manyReadings()
                ? RelatedGroup.promisingThoroughly(
                        screening.groups(),
                        screened.effects(),
                        screening.branches().wholes())
                : RelatedGroup.promising(screening.groups(), screened.effects());
        ConfirmationPlan plan = ConfirmationPlan.of(
                pool.stream().map(Candidate::coordinate).toList(),
                screened.effects(),
                groups,
                pool.stream()
                        .filter(candidate -> screening.kind(candidate) == Candidate.Kind.INDEPENDENT)
                        .map(Candidate::coordinate)
                        .collect(Collectors.toSet()),
                control,
                settings.budget().manyReadings() ? affordable : Math.min(affordable, together));
        Map<Experiment, Effect> effects = new LinkedHashMap<>();
        Map<Set<Coordinate>, Map<Integer, List<Float>>> followed = new HashMap<>();
        List<Integer> channels = screening.stream().superActivations().stream()
                .map(SuperActivation::channel)
                .limit(FOLLOWED)
                .toList();
        List<Experiment> experiments = List.copyOf(plan.experiments());
        int readings = screened.readings();
        for (int from = 0; from < experiments.size(); from += together) {
            List<Experiment> next = experiments.subList(from, Math.min(experiments.size(), from + together));
            effects.putAll(measured(next, evaluation, channels, followed));
            readings++;
        }
        Map<Set<Coordinate>, Effect> removed = new LinkedHashMap<>();
        Map<Coordinate, Effect> flipped = new LinkedHashMap<>();
        effects.forEach((experiment, effect) -> {
            switch (experiment.change()) {
                case REMOVED -> removed.put(experiment.weights(), effect);
                case FLIPPED -> flipped.put(experiment.weights().iterator().next(), effect);
            }
        });
        return concluded(screened, removed, followed, flipped, groups, plan.leftOut(), control, readings);
    }

    /**
     * Measures in one reading.
     *
     * @param channels of the residual stream that are followed
     * @param followed takes them in, for each set of weights that is removed, and for none
     */
    private Map<Experiment, Effect> measured(
            List<Experiment> experiments,
            TokenSet evaluation,
            List<Integer> channels,
            Map<Set<Coordinate>, Map<Integer, List<Float>>> followed) {
        Map<Experiment, Branch> branches = new LinkedHashMap<>();
        experiments.forEach(
                experiment -> branches.put(experiment, new Branch(evaluation.evaluation(), edits(experiment))));
        try (ForwardPass pass =
                new ForwardPass(model, new Sequences(evaluation.sequences(), evaluation.targets()), bytesRead)) {
            StreamTraces traces = new StreamTraces(pass.original(), List.copyOf(branches.values()), channels);
            HeadPass head = pass.run(List.copyOf(branches.values()), traces);
            followed.put(Set.of(), traces.of(pass.original()));
            branches.forEach((experiment, branch) -> {
                if (experiment.change() == Experiment.Change.REMOVED) {
                    followed.put(experiment.weights(), traces.of(branch));
                }
            });
            return output.effects(head, pass.original(), branches, evaluation.evaluation());
        }
    }

    private Detection concluded(
            Screened screened,
            Map<Set<Coordinate>, Effect> removed,
            Map<Set<Coordinate>, Map<Integer, List<Float>>> followed,
            Map<Coordinate, Effect> flipped,
            List<RelatedGroup> groups,
            int leftOut,
            Set<Coordinate> control,
            int readings) {
        Screening screening = screened.screening();
        List<Proof> proofs = new ArrayList<>();
        List<Candidate> pool = screening.pool().members();
        for (Candidate candidate : pool) {
            Set<Coordinate> alone = Set.of(candidate.coordinate());
            Effect confirmed = removed.get(alone);
            Effect effect = confirmed == null ? screened.effects().get(alone) : confirmed;
            if (effect != null) {
                proofs.add(new Proof(
                        candidate,
                        pool.indexOf(candidate) + 1,
                        screening.kind(candidate),
                        effect,
                        confirmed != null,
                        Optional.ofNullable(flipped.get(candidate.coordinate()))));
            }
        }
        Judge judge = Judge.of(settings, Optional.ofNullable(removed.get(control)));
        List<FoundSet> sets = new SetSearch(removed, judge).sets(groups);
        return new Detection(
                Optional.of(screened.baseline()),
                List.copyOf(screening.peaks().layers()),
                screening.stream().largest(),
                List.copyOf(screening.peaks().recurrences()),
                screening.stream().superActivations(),
                traces(followed, strongest(sets, proofs)),
                proofs,
                sets,
                removed,
                new HidingSearch(removed, judge).pairs(),
                List.copyOf(screening.peaks().diffuse()),
                screening.pool().leftOut(),
                screening.pool().strongestLeftOut(),
                leftOut,
                control,
                readings,
                Optional.empty());
    }

    /** The weights whose removal, together or alone, changes most. */
    private static List<Coordinate> strongest(List<FoundSet> sets, List<Proof> proofs) {
        record Removal(List<Coordinate> weights, double change) {}
        return Stream.concat(
                        sets.stream()
                                .map(set ->
                                        new Removal(set.members(), set.effect().change())),
                        proofs.stream()
                                .filter(Proof::confirmed)
                                .map(proof -> new Removal(
                                        List.of(proof.candidate().coordinate()),
                                        proof.alone().change())))
                .max(Comparator.comparingDouble(Removal::change))
                .map(Removal::weights)
                .orElse(List.of());
    }

    private static List<ChannelTrace> traces(
            Map<Set<Coordinate>, Map<Integer, List<Float>>> followed, List<Coordinate> removed) {
        Map<Integer, List<Float>> without =
                removed.isEmpty() ? Map.of() : followed.getOrDefault(Set.copyOf(removed), Map.of());
        return followed.getOrDefault(Set.of(), Map.of()).entrySet().stream()
                .map(channel -> new ChannelTrace(
                        channel.getKey(),
                        channel.getValue(),
                        without.isEmpty() ? List.of() : removed,
                        without.getOrDefault(channel.getKey(), List.of())))
                .toList();
    }

    private Detection ended(Screening screening, OptionalInt layer) {
        List<NonFiniteTensor> tensors = new NonFiniteWeights(model.architecture(), model.checkpoint()).find(bytesRead);
        return Detection.ended(
                List.copyOf(screening.peaks().layers()),
                screening.stream().largest(),
                List.copyOf(screening.peaks().recurrences()),
                new Breakdown(layer, tensors));
    }

    /** Ordinary weights beside the best candidates: as many in a thorough detection, for their effect grows with their number. */
    private Set<Coordinate> controls(List<Candidate> pool) {
        List<Candidate> candidates = pool.subList(0, Math.min(DetectionBudget.CANDIDATES, pool.size()));
        Sites sites = Sites.of(model.architecture());
        Map<Site, Map<Coordinate, Float>> bySite = new LinkedHashMap<>();
        candidates.forEach(
                candidate -> bySite.computeIfAbsent(sites.of(candidate.coordinate()), site -> new LinkedHashMap<>())
                        .put(candidate.coordinate(), candidate.value()));
        ControlWeights choice = new ControlWeights(settings.controls(), settings.seed());
        Set<Coordinate> chosen = new LinkedHashSet<>();
        bySite.forEach((site, compared) -> {
            StoredMatrix matrix = StoredMatrix.of(model.checkpoint(), site.linear());
            choice.choose(site.linear(), matrix::value, compared).values().forEach(chosen::addAll);
        });
        return chosen;
    }

    private List<ScalarEdit> edits(Experiment experiment) {
        Sites sites = Sites.of(model.architecture());
        return experiment.weights().stream()
                .map(weight -> switch (experiment.change()) {
                    case REMOVED -> ScalarEdit.zero(weight);
                    case FLIPPED ->
                        new ScalarEdit(
                                weight,
                                -StoredMatrix.of(
                                                model.checkpoint(),
                                                sites.of(weight).linear())
                                        .value(weight.row(), weight.column()));
                })
                .toList();
    }
}
