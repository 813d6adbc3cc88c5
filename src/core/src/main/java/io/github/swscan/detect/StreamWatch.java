package io.github.swscan.detect;

import io.github.swscan.forward.Peak;
import io.github.swscan.forward.Reach;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Notes the super activations of the unedited model. */
final class StreamWatch {

    /** How many times the median magnitude makes an entry massive. Ordinary entries stay below a tenth of that. */
    private static final double MASSIVE = 50;

    /** Of the layers from the first on, so many must have it. */
    private static final double LASTING = 0.5;

    private final List<Integer> sequences;
    private final Map<Integer, SuperActivation> byChannel = new HashMap<>();
    private final List<Peak> largest = new ArrayList<>();
    private int layers;

    /** @param sequences those whose tokens are looked at */
    StreamWatch(List<Integer> sequences) {
        this.sequences = sequences;
    }

    /** Takes in the next layer: what the original's outputs come to there. */
    void visit(int layer, Reach reach) {
        layers = layer + 1;
        List<Peak> peaks = reach.channelPeaks(sequences);
        peaks.stream()
                .max(Comparator.comparingDouble(Peak::magnitude))
                .filter(peak -> Float.isFinite(peak.value()))
                .ifPresent(largest::add);
        double median = reach.medianMagnitude(sequences);
        if (!(median > 0)) {
            return;
        }
        for (Peak peak : peaks) {
            double medians = peak.magnitude() / median;
            if (medians >= MASSIVE) {
                byChannel.merge(
                        peak.channel(),
                        new SuperActivation(peak.channel(), layer, 1, peak, layer, medians),
                        StreamWatch::joined);
            }
        }
    }

    private static SuperActivation joined(SuperActivation before, SuperActivation here) {
        SuperActivation higher = here.peak().magnitude() > before.peak().magnitude() ? here : before;
        return new SuperActivation(
                before.channel(),
                before.firstLayer(),
                before.lasting() + 1,
                higher.peak(),
                higher.peakLayer(),
                higher.medians());
    }

    /** The largest entry behind each layer, as far as it was visited. */
    List<Peak> largest() {
        return List.copyOf(largest);
    }

    /** Those that lasted, the most massive first. */
    List<SuperActivation> superActivations() {
        return byChannel.values().stream()
                .filter(found -> found.lasting() > 1 && found.lasting() >= LASTING * (layers - found.firstLayer()))
                .sorted(Comparator.comparingDouble(SuperActivation::medians).reversed())
                .toList();
    }
}
