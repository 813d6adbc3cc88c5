package io.github.swscan.detect;

import io.github.swscan.effect.Measure;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

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

    /** The strongest verdict of all super weights and sets. */
    static Verdict strongest(Detection detection) {
        Judge judge = judge(detection);
        return Stream.concat(
                        detection.proofs().stream()
                                .filter(proof -> judge.isSuperWeight(proof, detection.sets()))
                                .map(Proof::alone),
                        detection.sets().stream().map(FoundSet::effect))
                .map(judge::verdict)
                .min(Comparator.naturalOrder())
                .orElse(Verdict.HARMLESS);
    }
}
