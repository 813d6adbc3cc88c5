package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.forward.Peak;
import io.github.swscan.forward.RecurrenceOutput;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.List;

/** Notes the activation peaks of the unedited model, which of them are spikes, and which spikes no single weight makes. */
final class PeakWatch {

    private final Branch original;
    private final List<Integer> sequences;
    private final DetectionSettings settings;
    private final UsualSoFar usualSoFar = new UsualSoFar();
    private final List<LayerPeaks> layers = new ArrayList<>();
    private final List<RecurrencePeaks> recurrences = new ArrayList<>();
    private final List<DiffuseSpike> diffuse = new ArrayList<>();

    /** @param sequences those in which peaks are looked for */
    PeakWatch(Branch original, List<Integer> sequences, DetectionSettings settings) {
        this.original = original;
        this.sequences = sequences;
        this.settings = settings;
    }

    List<LayerPeaks> layers() {
        return layers;
    }

    List<RecurrencePeaks> recurrences() {
        return recurrences;
    }

    List<DiffuseSpike> diffuse() {
        return diffuse;
    }

    /** @throws NonFiniteActivationsException if the model computes no finite numbers here */
    void visitRecurrence(RecurrenceOutput site) {
        Activations unedited = site.activations(original, sequences);
        requireFinite(site.layer(), unedited);
        recurrences.add(
                new RecurrencePeaks(site.layer(), site.weight().matrix(), unedited.inputPeak(), unedited.outputPeak()));
    }

    private record Seen(DownProjection projection, Activations unedited) {}

    /** @throws NonFiniteActivationsException if the model computes no finite numbers here */
    void visit(DownProjections site) {
        List<Seen> seen = site.projections().stream()
                .map(projection -> new Seen(projection, projection.activations(original, sequences)))
                .filter(found -> found.unedited().tokens() > 0)
                .toList();
        if (seen.isEmpty()) { // a layer without an MLP
            return;
        }
        seen.forEach(found -> requireFinite(site.layer(), found.unedited()));
        // The spikes of a layer are told by what is usual in all of its projections together.
        Usual usual = usualSoFar.next(Usual.of(seen.stream().map(Seen::unedited).toList()));
        float highest = (float) seen.stream()
                .mapToDouble(found -> found.unedited().outputPeak().magnitude())
                .max()
                .orElse(0);
        SpikeTest test = new SpikeTest(settings.spikeRule(), usual, highest);
        seen.forEach(found -> note(site.layer(), found, test));
    }

    private void note(int layer, Seen seen, SpikeTest test) {
        Activations unedited = seen.unedited();
        DownProjection projection = seen.projection();
        Peak output = unedited.outputPeak();
        int token = Activations.indexOfLargest(unedited.outputMagnitudes());
        float[] input = unedited.input(token);
        boolean spike = test.isSpike(input, output.value());
        layers.add(new LayerPeaks(
                layer, projection.expert(), projection.weight().matrix(), unedited.inputPeak(), output, spike));
        if (spike) {
            float[] weights = projection.row(output.channel());
            float[] contributions = weights.clone();
            for (int column = 0; column < contributions.length; column++) {
                contributions[column] *= input[column];
            }
            int column = Activations.indexOfLargest(contributions);
            double share = Math.abs(contributions[column]) / output.magnitude();
            if (share < settings.minimumShare()) {
                diffuse.add(new DiffuseSpike(
                        layer,
                        projection.expert(),
                        new Coordinate(projection.weight(), output.channel(), column),
                        projection.value(output.channel(), column),
                        unedited.at(token, column, input[column]),
                        output,
                        share));
            }
        }
    }

    private static void requireFinite(int layer, Activations unedited) {
        if (!Float.isFinite(unedited.inputPeak().value())
                || !Float.isFinite(unedited.outputPeak().value())) {
            throw new NonFiniteActivationsException(layer);
        }
    }
}
