package io.github.swscan.detect;

import io.github.swscan.effect.Measure;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import java.util.List;

/** Runs detections for tests, with the default rules and the budget of a small model. */
final class Detections {

    static final DetectionSettings SETTINGS =
            DetectionRules.standard(0).settings(Measure.KL_DIVERGENCE, DetectionBudget.of(1_000_000, false));

    private Detections() {}

    static Detection run(RunnableModel model, TokenSet tokens, DetectionSettings settings) {
        return new Detector(model, tokens, settings, bytes -> {}).detect();
    }

    static Judge judge(Detection detection) {
        return Judge.of(SETTINGS, detection.control());
    }

    static List<Coordinate> superWeights(Detection detection) {
        return detection.proofs().stream()
                .filter(proof -> judge(detection).isSuperWeight(proof, detection.sets()))
                .map(proof -> proof.candidate().coordinate())
                .toList();
    }
}
