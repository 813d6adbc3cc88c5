package io.github.swscan.detect;

import io.github.swscan.effect.Measure;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.text.TokenSet;
import java.util.List;

/** Runs detections for tests, with the default rules. */
final class Detections {

    static final DetectionSettings SETTINGS = DetectionRules.standard(0).settings(Measure.KL_DIVERGENCE);

    private Detections() {}

    static Detection run(RunnableModel model, TokenSet tokens, DetectionSettings settings) {
        return new Detector(model, List.of(tokens), settings, bytes -> {}).detect();
    }

    static Judge judge(Detection detection) {
        return Judge.of(SETTINGS, detection.control());
    }
}
