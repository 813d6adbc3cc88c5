package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.StoredMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
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
                "gguf-nvfp4",
                "gpt_oss-mxfp4",
                "gptq-planes",
                "gptq-conv1d",
                "awq-gemv_fast-g64",
                "autoround-awq-mixed",
                "quanto-int4",
                "bitnet-packed"
            })
    void matricesInManySlicesGiveTheSame(String name) {
        assertNumbers("coded/" + name, 3000);
    }

    private static void assertNumbers(String name, long longestSlice) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        JsonNode planted = reference.expected().get("planted");
        Linear down = model.architecture()
                .blocks()
                .get(planted.get("layer").intValue())
                .feedForward()
                .mlps()
                .filter(mlp -> mlp.expert().orElse(-1) == planted.path("expert").asInt(-1))
                .map(Mlp::down)
                .findFirst()
                .orElseThrow();
        int row = planted.get("row").intValue();
        int column = planted.get("column").intValue();
        Coordinate weight = new Coordinate(down.matrix(), row, column);
        Branch zeroed = new Branch(sequences.all(), List.of(ScalarEdit.zero(weight)));
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            HeadPass head = pass.run(List.of(zeroed), site -> site.projections()
                    .forEach(projection -> numbers(reference.expected(), site.layer(), projection.expert())
                            .ifPresent(numbers ->
                                    assertPeaks(projection.activations(pass.original(), sequences.all()), numbers))));
            List<TokenScores> scores = head.score(List.of(pass.original(), zeroed), sequences.all());
            assertThat(scores.get(0).meanNegativeLogLikelihood())
                    .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
            assertThat(scores.get(1).meanNegativeLogLikelihood())
                    .isCloseTo(planted.get("mean_cross_entropy_when_zeroed").doubleValue(), within(1e-5));
        }
        assertThat(StoredMatrix.of(model.checkpoint(), down).value(row, column))
                .isEqualTo((float) planted.get("value_after_dequantization").doubleValue());
    }

    /** Of a down projection; of experts there may be none at all. */
    private static Optional<JsonNode> numbers(JsonNode expected, int layer, OptionalInt expert) {
        List<JsonNode> projections = new ArrayList<>();
        expected.get("down_projections").forEach(projections::add);
        Optional<JsonNode> found = projections.stream()
                .filter(projection -> projection.get("layer").intValue() == layer)
                .filter(projection -> projection.path("expert").asInt(-1) == expert.orElse(-1))
                .findFirst();
        boolean ofExperts = projections.stream().anyMatch(projection -> projection.has("expert"));
        assertThat(found.isPresent() || (expert.isPresent() && !ofExperts))
                .as("numbers for layer %d, expert %s", layer, expert)
                .isTrue();
        return found;
    }

    private static void assertPeaks(Activations activations, JsonNode expected) {
        assertPeak(activations.inputPeak(), expected.get("input"));
        assertPeak(activations.outputPeak(), expected.get("output"));
    }

    private static void assertPeak(Peak peak, JsonNode expected) {
        double value = expected.get("value").doubleValue();
        assertThat((double) peak.value()).isCloseTo(value, within(2e-4 * Math.abs(value)));
        assertThat(peak.channel()).isEqualTo(expected.get("channel").intValue());
    }

    /** The numbers that the libraries make of all kinds of matrices. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void weightsAreThoseOfTheLibraries(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Checkpoint checkpoint = reference.described().checkpoint();
        assertThat(reference.expected().get("dequantized").properties())
                .isNotEmpty()
                .allSatisfy(entry -> {
                    TensorInfo tensor = checkpoint.find(entry.getKey()).orElseThrow();
                    JsonNode expected = entry.getValue();
                    assertThat(tensor.shape().toString().replace(" ", ""))
                            .isEqualTo(expected.get("shape").toString());
                    float[] weights = checkpoint.floats(tensor, 0, (int) tensor.elements(), 1);
                    for (int i = 0; i < 4; i++) {
                        assertEqual(weights[i], expected.get("first4").get(i));
                    }
                    for (int i = 0; i < 2; i++) {
                        assertEqual(
                                weights[weights.length - 2 + i],
                                expected.get("last2").get(i));
                    }
                    double sum = expected.get("sum_abs").doubleValue();
                    assertThat(IntStream.range(0, weights.length)
                                    .mapToDouble(i -> Math.abs(weights[i]))
                                    .sum())
                            .isCloseTo(sum, within(1e-8 * sum));
                    assertThat(IntStream.range(0, weights.length)
                                    .mapToDouble(i -> weights[i])
                                    .sum())
                            .isCloseTo(expected.get("sum").doubleValue(), within(1e-8 * sum));
                });
    }

    /** But for the last digit, where a library multiplies and divides in another order. */
    private static void assertEqual(float weight, JsonNode expected) {
        assertThat((double) weight).isCloseTo(expected.doubleValue(), within(2.0 * Math.ulp(weight)));
    }

    /** Parts from anywhere are parts of the whole. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void anyPartIsThatOfTheWhole(String name) {
        Random random = new Random(1);
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Checkpoint checkpoint = reference.described().checkpoint();
        TensorInfo tensor = checkpoint
                .find(reference.expected().at("/planted/weight").asText())
                .orElseThrow();
        int elements = (int) tensor.elements();
        float[] whole = checkpoint.floats(tensor, 0, elements, 1);
        for (int i = 0; i < 50; i++) {
            int first = random.nextInt(elements);
            int count = 1 + random.nextInt(Math.min(elements - first, 700));
            assertThat(checkpoint.floats(tensor, first, count, 1))
                    .isEqualTo(Arrays.copyOfRange(whole, first, first + count));
        }
        int columns = tensor.shape().get(tensor.shape().size() - 1).intValue();
        float[] column = checkpoint.floats(tensor, 3, elements / columns, columns);
        for (int row = 0; row < column.length; row++) {
            assertThat(column[row]).isEqualTo(whole[row * columns + 3]);
        }
    }
}
