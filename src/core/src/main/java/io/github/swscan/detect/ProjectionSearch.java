package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Looks for the weights behind the spikes of one down projection. */
final class ProjectionSearch {

    private final int layer;
    private final DownProjection site;
    private final Activations unedited;
    private final DetectionSettings settings;
    private final List<DiffuseSpike> diffuse = new ArrayList<>();

    /** @param unedited what goes through the down projection in the unedited model; perhaps no token */
    ProjectionSearch(int layer, DownProjection site, Activations unedited, DetectionSettings settings) {
        this.layer = layer;
        this.site = site;
        this.unedited = unedited;
        this.settings = settings;
    }

    int layer() {
        return layer;
    }

    DownProjection site() {
        return site;
    }

    Activations unedited() {
        return unedited;
    }

    /** Whether the output peak of the unedited model is a spike. */
    boolean hasSpike(SpikeTest test) {
        int token = Activations.indexOfLargest(unedited.outputMagnitudes());
        return test.isSpike(unedited.input(token), unedited.outputPeak().value());
    }

    LayerPeaks peaks(boolean spike) {
        return new LayerPeaks(
                layer, site.expert(), site.weight().weight(), unedited.inputPeak(), unedited.outputPeak(), spike);
    }

    /** The diffuse spikes that the searches met, one for each output channel. */
    List<DiffuseSpike> diffuse() {
        return diffuse;
    }

    /** The weights behind the spikes of the model in which the earlier candidates are gone. */
    List<Candidate> independent(Activations peeled, SpikeTest test) {
        Peeling.Result result = Peeling.of(site, peeled, test, settings.minimumShare());
        addDiffuse(peeled, test, result.diffuse());
        return result.weights().stream()
                .map(weight -> candidate(seen(peeled, weight, test), weight, Candidate.Kind.INDEPENDENT))
                .toList();
    }

    /** The weights behind spikes that only the unedited model has: they hang on earlier candidates. */
    List<Candidate> dependent(SpikeTest test, Set<Coordinate> independent) {
        Peeling.Result result = Peeling.of(site, unedited, test, settings.minimumShare());
        addDiffuse(unedited, test, result.diffuse());
        return result.weights().stream()
                .filter(weight -> !independent.contains(coordinate(weight)))
                .map(weight -> candidate(
                        new Seen(unedited, weight.token()),
                        weight,
                        cancels(weight) ? Candidate.Kind.CANCELLING : Candidate.Kind.DEPENDENT))
                .toList();
    }

    /** A token of some activations. */
    private record Seen(Activations activations, int token) {

        Peak input(int column) {
            return activations.at(token, column, activations.input(token)[column]);
        }

        Peak output(int row) {
            return activations.at(token, row, activations.output(token)[row]);
        }
    }

    /**
     * Where a spike's numbers are taken from: the unedited model, unless the spike shows only once earlier candidates are
     * gone.
     */
    private Seen seen(Activations peeled, Peeling.Found weight, SpikeTest test) {
        OptionalInt token = unedited.tokenAt(peeled.place(weight.token()));
        boolean inUnedited = token.isPresent()
                && test.isSpike(unedited.input(token.getAsInt()), unedited.output(token.getAsInt())[weight.row()]);
        return inUnedited ? new Seen(unedited, token.getAsInt()) : new Seen(peeled, weight.token());
    }

    /** Whether the spike makes what stands in the residual stream smaller. */
    private boolean cancels(Peeling.Found weight) {
        float before = unedited.residual(weight.token())[weight.row()];
        float output = unedited.output(weight.token())[weight.row()];
        return Math.abs(before + output) < Math.abs(before);
    }

    private Candidate candidate(Seen seen, Peeling.Found weight, Candidate.Kind kind) {
        float value = site.value(weight.row(), weight.column());
        Peak input = seen.input(weight.column());
        Peak output = seen.output(weight.row());
        return new Candidate(
                layer, site.expert(), coordinate(weight), value, input, output, share(value, input, output), kind);
    }

    private void addDiffuse(Activations activations, SpikeTest test, List<Peeling.Found> found) {
        for (Peeling.Found weight : found) {
            boolean known =
                    diffuse.stream().anyMatch(spike -> spike.coordinate().row() == weight.row());
            if (!known) {
                Seen seen = seen(activations, weight, test);
                float value = site.value(weight.row(), weight.column());
                Peak input = seen.input(weight.column());
                Peak output = seen.output(weight.row());
                diffuse.add(new DiffuseSpike(
                        layer, site.expert(), coordinate(weight), value, input, output, share(value, input, output)));
            }
        }
    }

    private static double share(float weight, Peak input, Peak output) {
        double contribution = Math.abs((double) weight * input.value());
        return output.value() == 0 ? 0 : contribution / output.magnitude();
    }

    private Coordinate coordinate(Peeling.Found weight) {
        return new Coordinate(site.weight(), weight.row(), weight.column());
    }
}
