package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.Probe;
import io.github.swscan.weight.ControlWeights;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Watches a pass: peaks, spikes, candidates, and the branches that prove them. */
final class DetectionProbe implements Probe {

    private final Branch original;
    private final List<Integer> calibration;
    private final DetectionSettings settings;
    private final LiveExperiments experiments;
    private final ControlWeights controls;
    private final UsualSoFar usualSoFar = new UsualSoFar();
    private final List<LayerPeaks> layers = new ArrayList<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private final List<DiffuseSpike> diffuse = new ArrayList<>();

    DetectionProbe(Branch original, List<Integer> calibration, List<Integer> evaluation, DetectionSettings settings) {
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
    public void visit(DownProjections site) {
        List<ProjectionSearch> searches = site.projections().stream()
                .map(projection -> new ProjectionSearch(
                        site.layer(), projection, projection.activations(original, calibration), settings))
                .toList();
        searches.forEach(this::requireFinite);
        List<Activations> unedited = searches.stream()
                .map(ProjectionSearch::unedited)
                .filter(activations -> activations.tokens() > 0)
                .toList();
        // The spikes of a layer are told by what is usual in all of its projections together.
        Usual usual = usualSoFar.next(Usual.of(unedited));
        float highest = (float) unedited.stream()
                .mapToDouble(activations -> activations.outputPeak().magnitude())
                .max()
                .orElse(0);
        List<Candidate> found = new ArrayList<>();
        Set<Coordinate> controlWeights = new LinkedHashSet<>();
        for (ProjectionSearch search : searches) {
            List<Candidate> foundHere = examine(search, usual, highest);
            found.addAll(foundHere);
            controlWeights.addAll(controlsFor(search.site(), foundHere));
        }
        if (!found.isEmpty()) {
            // The first candidates are proven; those beyond the limit are reported, and peeled, all the same.
            candidates.addAll(found);
            List<Candidate> proven = candidates.subList(0, Math.min(candidates.size(), settings.maximumCandidates()));
            experiments.update(
                    site,
                    coordinates(found),
                    coordinates(Experiments.independent(found)),
                    Experiments.proving(proven),
                    controlWeights);
        }
    }

    /**
     * Notes the peaks of one down projection; returns the candidates in it.
     *
     * @param usual what is usual at this layer in the unedited model
     * @param highest the largest |y| of this layer in the unedited model
     */
    private List<Candidate> examine(ProjectionSearch search, Usual usual, float highest) {
        SpikeTest test = new SpikeTest(settings.spikeRule(), usual, highest);
        boolean spike = false;
        if (search.unedited().tokens() > 0) {
            spike = search.hasSpike(test);
            layers.add(search.peaks(spike));
        }
        List<Candidate> found = new ArrayList<>();
        if (experiments.peeled() == original) {
            // Without candidates in earlier blocks there is nothing that a spike could hang on.
            if (spike) {
                found.addAll(search.independent(search.unedited(), test));
            }
        } else {
            // A spike that is still there once all earlier candidates are gone hangs on none of them. The layer is
            // judged
            // by its own largest output then: what made it large in the unedited model may be gone.
            Activations peeled = search.site().activations(experiments.peeled(), calibration);
            if (peeled.tokens() > 0) {
                SpikeTest peeledTest = new SpikeTest(
                        settings.spikeRule(),
                        usual.or(Usual.of(List.of(peeled))),
                        peeled.outputPeak().magnitude());
                found.addAll(search.independent(peeled, peeledTest));
            }
            // Weights behind a spike that only the unedited model has: they do their part with earlier candidates.
            if (spike) {
                found.addAll(search.dependent(test, coordinates(found)));
            }
        }
        diffuse.addAll(search.diffuse());
        return found;
    }

    private List<Coordinate> controlsFor(DownProjection site, List<Candidate> found) {
        Map<Coordinate, Float> compared = new LinkedHashMap<>();
        found.forEach(candidate -> compared.put(candidate.coordinate(), candidate.value()));
        return controls.choose(site.weight(), site::value, compared).values().stream()
                .flatMap(List::stream)
                .toList();
    }

    private static Set<Coordinate> coordinates(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::coordinate).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private void requireFinite(ProjectionSearch search) {
        Activations unedited = search.unedited();
        if (unedited.tokens() == 0) {
            return;
        }
        if (!Float.isFinite(unedited.inputPeak().value())
                || !Float.isFinite(unedited.outputPeak().value())) {
            throw new NonFiniteActivationsException(search.layer());
        }
    }
}
