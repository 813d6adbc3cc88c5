package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Weights that are stored as codes, in the layouts that the libraries write and in the blocks of GGUF files, against the
 * numbers of these libraries and of transformers on what they make of the codes: expected.json says by which each was
 * verified.
 */
class CodedReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("coded");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void likelihoodsPeaksAndThePlantedWeightAreThoseOfTheLibraries(String name) {
        assertNumbers(name, Weights.LONGEST_SLICE);
    }

    /** Slices begin and end within words, groups and halves. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gptq-4bit-g128-actorder",
                "gptq-3bit",
                "awq-gemm-g32-partial",
                "ct-w4a16-asym-g64",
                "hqq-4bit-g64",
                "bnb-nf4-double",
                "mlx-4bit-g64",
                "ct-w8a8-int",
                "gguf-iq2_xs",
                "gguf-nvfp4"
            })
    void matricesInManySlicesGiveTheSame(String name) {
        assertNumbers("coded/" + name, 3000);
    }

    private static void assertNumbers(String name, long longestSlice) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        JsonNode planted = reference.expected().get("planted");
        Coordinate weight = model.architecture()
                .blocks()
                .get(planted.get("layer").intValue())
                .feedForward()
                .mlps()
                .map(mlp -> new Coordinate(
                        mlp.down().matrix(),
                        planted.get("row").intValue(),
                        planted.get("column").intValue()))
                .findFirst()
                .orElseThrow();
        Branch zeroed = new Branch(sequences.all(), List.of(ScalarEdit.zero(weight)));
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            HeadPass head = pass.run(List.of(zeroed), site -> site.projections().forEach(projection -> {
                if (projection.expert().isEmpty()) {
                    assertPeaks(
                            projection.activations(pass.original(), sequences.all()),
                            reference.expected(),
                            projection.weight().weight());
                }
            }));
            List<TokenScores> scores = head.score(List.of(pass.original(), zeroed), sequences.all());
            assertThat(scores.get(0).meanNegativeLogLikelihood())
                    .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
            assertThat(scores.get(1).meanNegativeLogLikelihood())
                    .isCloseTo(planted.get("mean_cross_entropy_when_zeroed").doubleValue(), within(1e-5));
        }
        assertThat(value(model.checkpoint(), weight))
                .isEqualTo((float) planted.get("value_after_dequantization").doubleValue());
    }

    private static void assertPeaks(Activations activations, JsonNode expected, String weight) {
        for (JsonNode projection : expected.get("down_projections")) {
            if (projection.get("weight_key").textValue().startsWith(weight.replaceFirst("weight$", ""))) {
                assertPeak(activations.inputPeak(), projection.get("input"));
                assertPeak(activations.outputPeak(), projection.get("output"));
                return;
            }
        }
        throw new AssertionError("no numbers for " + weight);
    }

    private static void assertPeak(Peak peak, JsonNode expected) {
        double value = expected.get("value").doubleValue();
        assertThat((double) peak.value()).isCloseTo(value, within(2e-4 * Math.abs(value)));
        assertThat(peak.channel()).isEqualTo(expected.get("channel").intValue());
    }

    private static float value(Checkpoint checkpoint, Coordinate weight) {
        TensorInfo tensor = checkpoint.find(weight.tensor()).orElseThrow();
        long element = weight.row() * tensor.shape().get(1) + weight.column();
        return checkpoint.floats(tensor, element, 1, 1)[0];
    }

    /** Parts from anywhere are parts of the whole. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void anyPartIsThatOfTheWhole(String name) {
        Random random = new Random(1);
        Checkpoint checkpoint = ReferenceCheckpoint.named(name).described().checkpoint();
        TensorInfo tensor = checkpoint.tensors().values().stream()
                .filter(found -> found.codes().isPresent()
                        || found.scales().isPresent()
                        || found.dtype().isInBlocks())
                .filter(found -> found.name().contains("layers.1.mlp.down_proj"))
                .findFirst()
                .orElseThrow();
        int elements = (int) tensor.elements();
        float[] whole = checkpoint.floats(tensor, 0, elements, 1);
        for (int i = 0; i < 50; i++) {
            int first = random.nextInt(elements);
            int count = 1 + random.nextInt(Math.min(elements - first, 700));
            assertThat(checkpoint.floats(tensor, first, count, 1))
                    .isEqualTo(Arrays.copyOfRange(whole, first, first + count));
        }
        int columns = tensor.shape().get(1).intValue();
        float[] column = checkpoint.floats(tensor, 3, tensor.shape().get(0).intValue(), columns);
        for (int row = 0; row < column.length; row++) {
            assertThat(column[row]).isEqualTo(whole[row * columns + 3]);
        }
    }
}
