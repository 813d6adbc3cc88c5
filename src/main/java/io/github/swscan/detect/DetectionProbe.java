package io.github.swscan.detect;

import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.Peak;
import io.github.swscan.forward.Probe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Watches a pass: peaks, spikes, candidates, and the branches that prove them. */
final class DetectionProbe implements Probe {

    private final Path checkpoint;
    private final Branch original;
    private final List<Integer> calibration;
    private final DetectionSettings settings;
    private final LiveExperiments experiments;
    private final ControlWeights controls;
    private final UsualSoFar usualSoFar = new UsualSoFar();
    private final List<LayerPeaks> layers = new ArrayList<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private final List<DiffuseSpike> diffuse = new ArrayList<>();

    /** @param checkpoint for messages */
    DetectionProbe(
            Path checkpoint,
            Branch original,
            List<Integer> calibration,
            List<Integer> evaluation,
            DetectionSettings settings) {
        this.checkpoint = checkpoint;
        this.original = original;
        this.calibration = calibration;
        this.settings = settings;
        this.experiments = new LiveExperiments(original, evaluation);
        this.controls = new ControlWeights(settings.controls(), settings.seed());
    }

    List<LayerPeaks> layers() {
        return layers;
    }

    /** In the order of the layers; within a layer in the order found. */
    List<Candidate> candidates() {
        return candidates;
    }

    List<DiffuseSpike> diffuse() {
        return diffuse;
    }

    LiveExperiments experiments() {
        return experiments;
    }

    @Override
    public void visit(DownProjection site) {
        Activations unedited = site.activations(original, calibration);
        Peak input = unedited.inputPeak();
        Peak output = unedited.outputPeak();
        requireFinite(site, input, output);

        Usual usual = usualSoFar.next(Usual.of(unedited));
        SpikeTest test = new SpikeTest(settings.spikeRule(), usual, output.magnitude());
        boolean spike = test.isSpike(unedited.input(unedited.tokenOf(output)), output.value());
        layers.add(new LayerPeaks(site.layer(), site.weight().weight(), input, output, spike));

        List<Candidate> found = new ArrayList<>();
        if (experiments.peeled() != original) {
            Activations peeled = site.activations(experiments.peeled(), calibration);
            SpikeTest peeledTest = new SpikeTest(
                    settings.spikeRule(),
                    usual.or(Usual.of(peeled)),
                    peeled.outputPeak().magnitude());
            found.addAll(independent(site, peeled, unedited, peeledTest));
            if (spike) {
                found.addAll(others(site, unedited, test, found));
            }
        } else if (spike) {
            found.addAll(independent(site, unedited, unedited, test));
        }
        if (!found.isEmpty()) {
            candidates.addAll(found);
            List<Candidate> proven = candidates.subList(0, Math.min(candidates.size(), settings.maximumCandidates()));
            experiments.update(
                    site,
                    coordinates(found),
                    coordinates(Experiments.independent(found)),
                    Experiments.proving(proven),
                    controls.choose(site, found));
        }
    }

    /** The weights behind the spikes of the model in which the earlier candidates are gone. */
    private List<Candidate> independent(DownProjection site, Activations peeled, Activations unedited, SpikeTest test) {
        Peeling.Result result = Peeling.of(site, peeled, test, settings.minimumShare());
        addDiffuse(site, peeled, unedited, test, result.diffuse());
        return result.weights().stream()
                .map(weight ->
                        candidate(site, seenIn(unedited, peeled, weight, test), weight, Candidate.Kind.INDEPENDENT))
                .toList();
    }

    /**
     * Where a spike's numbers are taken from: the unedited model, unless the spike shows only once earlier candidates are
     * gone.
     */
    private static Activations seenIn(Activations unedited, Activations peeled, Peeling.Found weight, SpikeTest test) {
        boolean inUnedited =
                test.isSpike(unedited.input(weight.token()), unedited.output(weight.token())[weight.row()]);
        return inUnedited ? unedited : peeled;
    }

    /** The weights behind spikes that only the unedited model has: they hang on earlier candidates. */
    private List<Candidate> others(
            DownProjection site, Activations unedited, SpikeTest test, List<Candidate> independent) {
        Peeling.Result result = Peeling.of(site, unedited, test, settings.minimumShare());
        addDiffuse(site, unedited, unedited, test, result.diffuse());
        Set<Coordinate> known = coordinates(independent);
        return result.weights().stream()
                .filter(weight -> !known.contains(coordinate(site, weight)))
                .map(weight -> candidate(
                        site,
                        unedited,
                        weight,
                        cancels(unedited, weight) ? Candidate.Kind.CANCELLING : Candidate.Kind.DEPENDENT))
                .toList();
    }

    /** Whether the spike makes what stands in the residual stream smaller. */
    private static boolean cancels(Activations activations, Peeling.Found weight) {
        float before = activations.residual(weight.token())[weight.row()];
        float output = activations.output(weight.token())[weight.row()];
        return Math.abs(before + output) < Math.abs(before);
    }

    private Candidate candidate(DownProjection site, Activations unedited, Peeling.Found weight, Candidate.Kind kind) {
        Coordinate coordinate = coordinate(site, weight);
        float value = site.value(weight.row(), weight.column());
        Peak input = inputOf(unedited, weight);
        Peak output = outputOf(unedited, weight);
        return new Candidate(site.layer(), coordinate, value, input, output, share(value, input, output), kind);
    }

    private void addDiffuse(
            DownProjection site, Activations peeled, Activations unedited, SpikeTest test, List<Peeling.Found> found) {
        for (Peeling.Found weight : found) {
            boolean known = diffuse.stream()
                    .anyMatch(spike ->
                            spike.layer() == site.layer() && spike.coordinate().row() == weight.row());
            if (!known) {
                float value = site.value(weight.row(), weight.column());
                Activations seen = seenIn(unedited, peeled, weight, test);
                Peak input = inputOf(seen, weight);
                Peak output = outputOf(seen, weight);
                diffuse.add(new DiffuseSpike(
                        site.layer(), coordinate(site, weight), value, input, output, share(value, input, output)));
            }
        }
    }

    private static Peak inputOf(Activations seen, Peeling.Found weight) {
        float value = seen.input(weight.token())[weight.column()];
        return seen.at(weight.token(), weight.column(), value);
    }

    private static Peak outputOf(Activations seen, Peeling.Found weight) {
        float value = seen.output(weight.token())[weight.row()];
        return seen.at(weight.token(), weight.row(), value);
    }

    private static double share(float weight, Peak input, Peak output) {
        double contribution = Math.abs((double) weight * input.value());
        return output.value() == 0 ? 0 : contribution / output.magnitude();
    }

    private static Coordinate coordinate(DownProjection site, Peeling.Found weight) {
        return new Coordinate(site.weight().weight(), weight.row(), weight.column());
    }

    private static Set<Coordinate> coordinates(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::coordinate).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private void requireFinite(DownProjection site, Peak input, Peak output) {
        if (!Float.isFinite(input.value()) || !Float.isFinite(output.value())) {
            throw new MalformedInputException(
                    checkpoint,
                    site.weight().weight(),
                    "the activations here are not finite numbers",
                    "a weight in this layer or before it is NaN, infinite or far too large");
        }
    }
}
