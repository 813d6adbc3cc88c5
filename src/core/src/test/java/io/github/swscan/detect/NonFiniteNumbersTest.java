package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.predictions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.detect.PlantedTest.Planted;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.DamagedWeights;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import io.github.swscan.weight.ScalarEdit;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Not-a-number and infinity, in the model and in what becomes of it once a weight is gone. */
class NonFiniteNumbersTest {

    private static final Planted PLANTED = Planted.named("planted/one-llama");

    /** Forty different ones, so that every expert has some. */
    private static final TokenSet TOKENS =
            TokenSet.ofIds(List.of(IntStream.range(0, 40).map(i -> 2 * i + 1).toArray()));

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    /** Which layer it shows in, -1 for the predictions; which tensor holds it, and where. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            llama       | model.layers.0.self_attn.q_proj.weight           | NaN       | 0  | layer 0, row 3, column 5
            llama       | model.layers.2.mlp.up_proj.weight                | Infinity  | 2  | layer 2, row 3, column 5
            llama       | model.layers.1.mlp.down_proj.weight              | -Infinity | 1  | layer 1, row 2, column 5
            llama       | model.layers.1.input_layernorm.weight            | NaN       | 1  | layer 1, row 5
            llama       | model.norm.weight                                | NaN       | -1 | row 5
            llama       | lm_head.weight                                   | NaN       | -1 | row 3, column 5
            gpt2        | transformer.h.1.mlp.c_fc.weight                  | NaN       | 1  | layer 1, row 37, column 1
            gpt2        | transformer.h.1.mlp.c_fc.bias                    | NaN       | 1  | layer 1, row 5
            gpt2        | transformer.wpe.weight                           | Infinity  | 0  | row 3, column 5
            mixtral     | model.layers.1.block_sparse_moe.gate.weight      | NaN       | 2  | layer 1, row 3, column 5
            mixtral     | model.layers.1.block_sparse_moe.experts.2.w1.weight | NaN    | 1  | layer 1, expert 2, row 3, column 5
            deepseek_v3 | model.layers.1.mlp.gate.weight                   | NaN       | 2  | layer 1, row 3, column 5
            phimoe      | model.layers.1.block_sparse_moe.gate.weight      | NaN       | 2  | layer 1, row 3, column 5
            gpt_oss     | model.layers.1.mlp.experts.down_proj             | NaN       | 1  | layer 1, expert 0, row 5, column 3
            gpt_oss     | model.layers.1.mlp.experts.down_proj_bias        | NaN       | 1  | layer 1, expert 3, row 5
            gpt_oss     | model.layers.1.mlp.router.weight                 | NaN       | 2  | layer 1, row 3, column 5
            jetmoe      | model.layers.1.mlp.router.layer.weight           | NaN       | 2  | layer 1, row 3, column 5
            lfm2        | model.layers.0.conv.conv.weight                  | NaN       | 0  | layer 0, row 1, column 2
            """)
    void endTheDetectionInTheFirstLayerThatShowsThemAndAreFound(
            String reference, String tensor, float value, int layer, String place) {
        Path model = copy("reference/" + reference);
        DamagedWeights.put(model, tensor, element(model, tensor), value);

        Detection detection = detect(model, TOKENS);

        Breakdown breakdown = detection.breakdown().orElseThrow();
        assertThat(breakdown.layer().orElse(-1)).isEqualTo(layer);
        assertThat(breakdown.tensors()).singleElement().satisfies(found -> {
            assertThat(found.tensor()).isEqualTo(tensor);
            assertThat(place(found)).isEqualTo(place);
            assertThat(found.value()).isEqualTo(Float.valueOf(value));
            assertThat(found.count()).isEqualTo(1);
        });
        assertThat(detection.baseline()).isEmpty();
        assertThat(detection.proofs()).isEmpty();
        assertThat(detection.layers()).allMatch(peaks -> layer < 0 || peaks.layer() < layer);
        assertThat(detection.layers().isEmpty()).isEqualTo(layer == 0);
    }

    /** The hundred and first number, or one of the last where there are fewer. */
    private static long element(Path model, String tensor) {
        long elements = Checkpoint.open(CheckpointLocation.find(model))
                .find(tensor)
                .orElseThrow()
                .elements();
        return elements > 101 ? 101 : 5;
    }

    private static String place(NonFiniteTensor found) {
        Map<String, OptionalInt> parts = new LinkedHashMap<>();
        parts.put("layer", found.layer());
        parts.put("expert", found.expert());
        parts.put("row", found.row());
        parts.put("column", found.column());
        return parts.entrySet().stream()
                .filter(part -> part.getValue().isPresent())
                .map(part -> part.getKey() + " " + part.getValue().getAsInt())
                .collect(Collectors.joining(", "));
    }

    @Test
    void areCountedInEveryTensorAndTheFirstIsTold() {
        Path model = copy("planted/one-llama");
        DamagedWeights.put(model, "model.layers.2.mlp.up_proj.weight", 7, Float.NEGATIVE_INFINITY);
        DamagedWeights.put(model, "model.layers.2.mlp.up_proj.weight", 70, Float.NaN);
        DamagedWeights.put(model, "model.layers.2.mlp.up_proj.weight", 8, Float.POSITIVE_INFINITY);
        DamagedWeights.put(model, "lm_head.weight", 0, Float.NaN);

        List<NonFiniteTensor> found =
                detect(model, PLANTED.tokens()).breakdown().orElseThrow().tensors();

        assertThat(found)
                .extracting(
                        NonFiniteTensor::tensor,
                        NonFiniteTensor::element,
                        NonFiniteTensor::value,
                        NonFiniteTensor::count)
                .containsExactly(
                        tuple("model.layers.2.mlp.up_proj.weight", 7L, Float.NEGATIVE_INFINITY, 3L),
                        tuple("lm_head.weight", 0L, Float.NaN, 1L));
    }

    @ParameterizedTest
    @CsvSource({"model.layers.1.mlp.down_proj.weight, 1", "lm_head.weight, -1"})
    void overflowOfFiniteWeightsIsToldFromThem(String tensor, int layer) {
        Path model = copy("planted/one-llama");
        for (int column = 0; column < 32; column++) {
            DamagedWeights.put(model, tensor, column, Float.MAX_VALUE);
        }

        Breakdown breakdown = detect(model, PLANTED.tokens()).breakdown().orElseThrow();

        assertThat(breakdown)
                .isEqualTo(new Breakdown(layer < 0 ? OptionalInt.empty() : OptionalInt.of(layer), List.of()));
    }

    @Test
    void staysUnseenWhereNothingReadsIt() {
        Path model = copy("planted/one-llama");
        int unused = IntStream.range(0, 1000)
                .filter(id -> PLANTED.tokens().sequences().stream()
                        .noneMatch(ids -> IntStream.of(ids).anyMatch(token -> token == id)))
                .findFirst()
                .orElseThrow();
        DamagedWeights.put(model, "model.embed_tokens.weight", unused * 32L, Float.NaN);

        Detection detection = detect(model, PLANTED.tokens());

        assertThat(detection.breakdown()).isEmpty();
        assertThat(detection.proofs()).isNotEmpty();
    }

    /** The logit with the huge weight is just finite in the model, and overflows once the stream changes. */
    @Test
    void areTheGreatestDamageIfRemovingAWeightBringsThem() {
        RunnableModel original = PLANTED.reference().model(engine, Precision.FP32);
        EditedCheckpoint.write(
                folder,
                original,
                PLANTED.reference().folder(),
                List.of(new ScalarEdit(new Coordinate(new Matrix("lm_head.weight"), 3, 16), 1.6e38f)));

        Detection detection = detect(folder, PLANTED.tokens());

        assertThat(detection.breakdown()).isEmpty();
        assertThat(detection.baseline()).isPresent();
        Proof proof = detection.proofs().get(0);
        assertThat(proof.candidate().coordinate()).isIn(PLANTED.coordinates());
        assertThat(predictions(proof.alone()).meanNll()).isEqualTo(Double.MAX_VALUE);
        assertThat(predictions(proof.alone()).klDivergence()).isEqualTo(Double.MAX_VALUE);
        assertThat(predictions(proof.alone()).perplexityRatio()).isEqualTo(Double.MAX_VALUE);
        assertThat(Detections.judge(detection).verdict(proof.alone())).isEqualTo(Verdict.CRITICAL);
    }

    private Path copy(String name) {
        return DamagedWeights.copy(TestResources.at(name), folder.resolve("model"));
    }

    private static Detection detect(Path model, TokenSet tokens) {
        return Detections.run(ReferenceCheckpoint.model(model, engine, Precision.FP32), tokens, Detections.SETTINGS);
    }
}
