package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.effect.Measure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.LookAlike;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A thorough detection finds no other answer than a quick one, only more beside it. */
class ThoroughDetectionTest {

    private static final DetectionSettings THOROUGH =
            DetectionRules.standard(0).settings(Measure.KL_DIVERGENCE, DetectionBudget.of(1_000_000, true));

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    static List<LookAlike> lookAlikes() {
        return LookAlike.all();
    }

    static List<String> planted() {
        return PlantedTest.checkpoints();
    }

    @ParameterizedTest
    @MethodSource("lookAlikes")
    void agreesOnModelsThatHaveWhatRealOnesHave(LookAlike model) {
        model.write(folder);
        assertAgreement(ReferenceCheckpoint.model(folder, engine, Precision.FP32), TokenSet.ofIds(model.tokens()));
    }

    @ParameterizedTest
    @MethodSource("planted")
    void agreesOnModelsWithDecoys(String name) {
        PlantedTest.Planted planted = PlantedTest.Planted.named(name);
        assertAgreement(planted.reference().model(engine, Precision.FP32), planted.tokens());
    }

    private static void assertAgreement(RunnableModel model, TokenSet tokens) {
        Detection quick = Detections.run(model, tokens, Detections.SETTINGS);
        Detection thorough = Detections.run(model, tokens, THOROUGH);

        assertThat(Detections.strongest(thorough)).isEqualTo(Detections.strongest(quick));
        assertThat(strongestSet(thorough)).isEqualTo(strongestSet(quick));
        Map<Coordinate, Verdict> sure = sureVerdicts(thorough);
        assertThat(sureVerdicts(quick)).allSatisfy((weight, verdict) -> assertThat(sure.getOrDefault(weight, verdict))
                .as("%s", weight)
                .isEqualTo(verdict));
    }

    private static Set<Coordinate> strongestSet(Detection detection) {
        return detection.sets().stream()
                .findFirst()
                .map(set -> Set.copyOf(set.members()))
                .orElse(Set.of());
    }

    /** Of the weights whose verdict does not lie near the threshold of another. */
    private static Map<Coordinate, Verdict> sureVerdicts(Detection detection) {
        Judge judge = Detections.judge(detection);
        Map<Coordinate, Verdict> verdicts = new LinkedHashMap<>();
        for (Proof proof : detection.proofs()) {
            if (!judge.isNearThreshold(proof.alone())) {
                verdicts.put(proof.candidate().coordinate(), judge.verdict(proof.alone()));
            }
        }
        return verdicts;
    }
}
