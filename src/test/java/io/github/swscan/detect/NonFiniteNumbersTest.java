package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.detect.PlantedTest.Planted;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.forward.EditedCheckpoint;
import io.github.swscan.forward.Model;
import io.github.swscan.forward.ReferenceCheckpoint;
import io.github.swscan.forward.WeightEdit;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Not-a-number and infinity, in the model and in what becomes of it once a weight is gone. */
class NonFiniteNumbersTest {

    private static final Planted PLANTED = Planted.named("planted/one-llama");

    private static TorchEngine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        engine = TorchEngine.start(OptionalInt.empty());
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    static Stream<Arguments> weights() {
        return Stream.of(
                Arguments.of("model.layers.0.self_attn.q_proj.weight", Float.NaN, "model.layers.0.mlp.down_proj"),
                Arguments.of(
                        "model.layers.2.mlp.up_proj.weight", Float.POSITIVE_INFINITY, "model.layers.2.mlp.down_proj"),
                Arguments.of("lm_head.weight", Float.NaN, "lm_head.weight: the logits"),
                Arguments.of("lm_head.weight", Float.NEGATIVE_INFINITY, "lm_head.weight: the logits"));
    }

    @ParameterizedTest
    @MethodSource("weights")
    void areRefusedInTheModelWhereTheyFirstShow(String tensor, float value, String place) {
        assertThatThrownBy(() -> detect(new WeightEdit(tensor, 3, 5, value)))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining(place)
                .hasMessageContaining("not finite numbers");
    }

    /** The logit with the huge weight is just finite in the model, and overflows once the stream changes. */
    @Test
    void areTheGreatestDamageIfRemovingAWeightBringsThem() {
        Detection detection = detect(new WeightEdit("lm_head.weight", 3, 16, 1.6e38f));

        assertThat(detection.baselineNll()).isFinite();
        Proof proof = detection.proofs().get(0);
        assertThat(proof.candidate().coordinate()).isIn(PLANTED.coordinates());
        assertThat(proof.alone().meanNll()).isEqualTo(Double.MAX_VALUE);
        assertThat(proof.alone().klDivergence()).isEqualTo(Double.MAX_VALUE);
        assertThat(proof.alone().perplexityRatio()).isEqualTo(Double.MAX_VALUE);
        assertThat(Detections.judge(detection).verdict(proof)).isEqualTo(Verdict.CRITICAL);
    }

    private Detection detect(WeightEdit... edits) {
        Model original = PLANTED.reference().model(engine, Precision.FP32);
        EditedCheckpoint.write(folder, original, PLANTED.reference().folder(), List.of(edits));
        return new Planted(new ReferenceCheckpoint(folder, PLANTED.reference().expected()))
                .detect(engine, Precision.FP32, Detections.SETTINGS);
    }
}
