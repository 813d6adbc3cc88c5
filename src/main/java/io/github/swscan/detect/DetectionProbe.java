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
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Watches a pass: peaks, spikes, candidates, and the branches that prove them. */
final class DetectionProbe implements Probe {

    private final Path checkpoint;
    private final Branch original;
    private final List<Integer> calibration;
    private final DetectionSettings settings;
    private final LiveExperiments experiments;
    private final ControlWeights controls;
    private final UsualMagnitude usual = new UsualMagnitude();
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

        float usualOutput = usual.next(unedited.outputMagnitudes());
        Predicate<Peak> isSpike = spikeTest(input, usualOutput);
        boolean spike = isSpike.test(output);
        layers.add(new LayerPeaks(site.layer(), site.weight().weight(), input, output, spike));

        List<Candidate> found = new ArrayList<>();
        if (experiments.peeled() != original) {
            Activations peeled = site.activations(experiments.peeled(), calibration);
            found.addAll(independent(site, peeled, unedited, spikeTest(peeled.inputPeak(), usualOutput)));
            if (spike) {
                found.addAll(others(site, unedited, isSpike, found));
            }
        } else if (spike) {
            found.addAll(independent(site, unedited, unedited, isSpike));
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

    private Predicate<Peak> spikeTest(Peak input, float usualOutput) {
        if (settings.spikeRule() instanceof SpikeRule.Absolute absolute) {
            return peak -> input.magnitude() > absolute.input() && peak.magnitude() > absolute.output();
        }
        double ratio = ((SpikeRule.Relative) settings.spikeRule()).ratio();
        return peak -> peak.magnitude() > 0 && peak.magnitude() >= ratio * usualOutput;
    }

    /** The weights behind the spikes of the model in which the earlier candidates are gone. */
    private List<Candidate> independent(
            DownProjection site, Activations peeled, Activations unedited, Predicate<Peak> isSpike) {
        Peeling.Result result = Peeling.of(site, peeled, isSpike, settings.minimumShare());
        addDiffuse(site, unedited, result.diffuse());
        return result.weights().stream()
                .map(weight -> candidate(site, unedited, weight, Candidate.Kind.INDEPENDENT))
                .toList();
    }

    /** The weights behind spikes that only the unedited model has: they hang on earlier candidates. */
    private List<Candidate> others(
            DownProjection site, Activations unedited, Predicate<Peak> isSpike, List<Candidate> independent) {
        Peeling.Result result = Peeling.of(site, unedited, isSpike, settings.minimumShare());
        addDiffuse(site, unedited, result.diffuse());
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

    private void addDiffuse(DownProjection site, Activations unedited, List<Peeling.Found> found) {
        for (Peeling.Found weight : found) {
            boolean known = diffuse.stream()
                    .anyMatch(spike ->
                            spike.layer() == site.layer() && spike.coordinate().row() == weight.row());
            if (!known) {
                float value = site.value(weight.row(), weight.column());
                Peak input = inputOf(unedited, weight);
                Peak output = outputOf(unedited, weight);
                diffuse.add(new DiffuseSpike(
                        site.layer(), coordinate(site, weight), value, input, output, share(value, input, output)));
            }
        }
    }

    private static Peak inputOf(Activations unedited, Peeling.Found weight) {
        float value = unedited.input(weight.token())[weight.column()];
        return unedited.at(weight.token(), weight.column(), value);
    }

    private static Peak outputOf(Activations unedited, Peeling.Found weight) {
        float value = unedited.output(weight.token())[weight.row()];
        return unedited.at(weight.token(), weight.row(), value);
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
