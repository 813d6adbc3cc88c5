package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.detect.PlantedTest.Planted;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.text.TokenSet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few tokens first; more where they leave a verdict unclear. */
class StagesTest {

    @LentEngine
    private static TorchEngine engine;

    private static Detection detect(Planted planted, List<TokenSet> stages, Thresholds thresholds) {
        DetectionSettings usual = Detections.SETTINGS;
        DetectionSettings settings = new DetectionSettings(
                usual.measure(),
                usual.spikeRule(),
                usual.minimumShare(),
                thresholds,
                usual.controlFactor(),
                usual.maximumCandidates(),
                usual.controls(),
                usual.seed());
        RunnableModel model = planted.reference().model(engine, Precision.FP32);
        return new Detector(model, stages, settings, bytes -> {}).detect();
    }

    private static Thresholds from(double moderate) {
        return new Thresholds(1e6, 1e5, moderate);
    }

    @ParameterizedTest
    @ValueSource(strings = {"planted/one-llama", "planted/two-same-row-llama", "planted/moe-mixtral"})
    void oneReadingDoesWhereVerdictsAreClear(String name) {
        Planted planted = Planted.named(name);
        TokenSet all = planted.tokens();
        TokenSet few = TokenSet.ofIds(all.sequences().subList(0, 1));

        Detection detection = detect(planted, List.of(few, all), from(1e-5));

        assertThat(detection.proofs()).isNotEmpty();
        assertThat(detection.readings()).isEqualTo(1);
        assertThat(detection.predictions()).isEqualTo(few.tokens() - 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"planted/one-llama", "planted/two-same-row-llama", "planted/moe-mixtral"})
    void effectsAreMeasuredAgainWhereAVerdictIsUnclear(String name) {
        Planted planted = Planted.named(name);
        TokenSet all = planted.tokens();
        TokenSet few = TokenSet.ofIds(all.sequences().subList(0, 1));
        Thresholds clear = from(1e-5);
        Detection first = detect(planted, List.of(few), clear);
        double measured = Judge.of(Detections.SETTINGS, first.control())
                .strongest(first.proofs().get(0))
                .klDivergence();

        Detection unclear = detect(planted, List.of(few, all), from(measured));
        Detection atOnce = detect(planted, List.of(all), clear);

        assertThat(unclear.readings()).isEqualTo(2);
        assertThat(unclear.predictions()).isEqualTo(atOnce.predictions());
        assertThat(unclear.baselineNll()).isCloseTo(atOnce.baselineNll(), within(1e-6));
        assertThat(unclear.proofs()).hasSameSizeAs(atOnce.proofs());
        for (Proof again : unclear.proofs()) {
            Proof once = atOnce.proofs().stream()
                    .filter(proof -> proof.candidate()
                            .coordinate()
                            .equals(again.candidate().coordinate()))
                    .findFirst()
                    .orElseThrow();
            assertThat(again.alone().meanNll()).isCloseTo(once.alone().meanNll(), within(1e-6));
            assertThat(again.alone().riseError()).isCloseTo(once.alone().riseError(), within(1e-6));
            assertThat(again.group()).isEqualTo(once.group());
        }
        assertThat(unclear.allRemoved().orElseThrow().meanNll())
                .isCloseTo(atOnce.allRemoved().orElseThrow().meanNll(), within(1e-6));
        assertThat(unclear.control()).isPresent();
    }
}
