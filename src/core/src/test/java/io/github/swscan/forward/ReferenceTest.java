package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Attention;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the forward pass to the numbers that Hugging Face transformers computed for tiny checkpoints. */
class ReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("reference");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsAreThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        assertLogits(reference, reference.model(engine, Precision.FP32), Weights.LONGEST_SLICE);
    }

    /** Matrices too large for one buffer are multiplied slice by slice. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-bf16", "llama-bias", "gpt2", "gpt2-noprefix"})
    void matricesInManySlicesGiveTheSame(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        assertLogits(reference, reference.model(engine, Precision.FP32), 1000);
    }

    /** Texts with fewer tokens than a group has that a key stands for, beside longer ones. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deepseek_v4",
                "deepseek_v4-published",
                "deepseek_v4-yarn",
                "qwen4_exp_text",
                "qwen4_exp_text-ngrams",
                "qwen4_exp_text-partial"
            })
    void beginningsOfTextsGiveTheBeginningsOfWhatTheTextsGive(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        float[][] expected = reference.logits()[0];
        int[] text = IntStream.range(0, 20)
                .map(token -> reference.sequences().id(0, token))
                .toArray();
        List<int[]> beginnings = IntStream.of(20, 1, 3, 5)
                .mapToObj(length -> Arrays.copyOf(text, length))
                .toList();
        try (ForwardPass pass =
                new ForwardPass(reference.model(engine, Precision.FP32), new Sequences(beginnings), bytes -> {})) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            for (int sequence = 0; sequence < beginnings.size(); sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                assertThat(logits).hasNumberOfRows(beginnings.get(sequence).length);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token]).containsExactly(expected[token], within(2e-4f));
                }
            }
        }
    }

    /** 4000 bytes hold the scores of 12 tokens, of the 20 there are: attention in parts. */
    @ParameterizedTest
    @ValueSource(
            strings = {"gemma2", "gemma2-swa7-softcap", "bloom", "mpt", "gpt_oss", "falcon-alibi-mqa", "inkling_text"})
    void attentionInPartsGivesTheSame(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        assertLogits(reference, reference.model(engine, Precision.FP32), 4000);
    }

    /** Native memory that nothing holds any more is given to others at once: none of it may still be in use. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-f32", "llama-bf16", "gpt2", "llama-bin"})
    void memoryIsHeldAsLongAsItIsInUse(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        float[][][] expected = reference.logits();
        Sequences sequences = reference.sequences();
        try (ForwardPass pass =
                new ForwardPass(reference.model(engine, Precision.FP32), sequences, bytes -> overwriteFreeMemory())) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            for (int sequence = 0; sequence < sequences.count(); sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token]).containsExactly(expected[sequence][token], within(2e-4f));
                }
            }
        }
    }

    private static void overwriteFreeMemory() {
        System.gc();
        try {
            // The collector's other thread frees native memory.
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        for (int size = 64; size < 100_000; size *= 2) {
            for (int i = 0; i < 32; i++) {
                FloatBuffer floats = ByteBuffer.allocateDirect(size).asFloatBuffer();
                while (floats.hasRemaining()) {
                    floats.put(Float.NaN);
                }
            }
        }
    }

    /** No reference is stored in float64; a float32 one holds the same numbers in it. */
    @Test
    void float64WeightsGiveTheSame(@TempDir Path folder) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama-f32");
        EditedCheckpoint.writeAsFloat64(folder, reference.model(engine, Precision.FP32), reference.folder());
        assertLogits(reference, ReferenceCheckpoint.model(folder, engine, Precision.FP32), Weights.LONGEST_SLICE);
    }

    private static void assertLogits(ReferenceCheckpoint reference, RunnableModel model, long longestSlice) {
        float[][][] expected = reference.logits();
        Sequences sequences = reference.sequences();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            for (int sequence = 0; sequence < sequences.count(); sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token])
                            .as("sequence %d, token %d", sequence, token)
                            .containsExactly(expected[sequence][token], within(2e-4f));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void peaksAndLossInFloat32AreThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Measured measured = measure(reference, Precision.FP32);
        List<JsonNode> used = used(reference);
        assertThat(measured.projections()).hasSize(used.size());
        for (JsonNode expected : used) {
            Peaks peaks = measured.of(expected);
            assertThat(peaks.tokens()).isEqualTo(expected.get("tokens").intValue());
            assertPeak(peaks.input(), expected.get("input"), 1e-4);
            assertPeak(peaks.output(), expected.get("output"), 1e-4);
        }
        assertThat(measured.meanNll())
                .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void peaksAndLossInBfloat16AreCloseToThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Measured measured = measure(reference, Precision.BF16);
        List<JsonNode> steady = leavesKeysOut(reference) ? List.of() : upToFirstMixture(used(reference));
        for (JsonNode expected : steady) {
            Peaks peaks = measured.of(expected);
            // Where two experts are nearly as good for a token, rounding may send it to the other.
            if (peaks.tokens() == expected.get("tokens").intValue()) {
                assertPeakIfClear(peaks.input(), expected.get("input"));
                assertPeakIfClear(peaks.output(), expected.get("output"));
            }
        }
        // Where two tokens are nearly as good for an indexer, rounding may choose the other for all that follows.
        if (!choosesTokens(reference) && !leavesKeysOut(reference)) {
            double expected = reference.expected().get("mean_cross_entropy").doubleValue();
            assertThat(measured.meanNll()).isCloseTo(expected, within(0.02 * expected));
        }
    }

    private static boolean choosesTokens(ReferenceCheckpoint reference) {
        return reference.described().architecture().blocks().stream()
                .anyMatch(block -> block.mixer() instanceof Attention attention
                        && (attention.sparse().isPresent()
                                || attention
                                        .compressed()
                                        .filter(given -> given.indexer().isPresent())
                                        .isPresent()));
    }

    /** Whether values say which tokens each head sees, in every layer from the first on: rounding chooses others. */
    private static boolean leavesKeysOut(ReferenceCheckpoint reference) {
        int tokens = reference.sequences().tokens(0);
        return reference.described().architecture().blocks().stream()
                .anyMatch(block -> block.mixer() instanceof Attention attention
                        && attention
                                .keyScores()
                                .filter(scores -> scores.kept() < tokens)
                                .isPresent());
    }

    private record Peaks(int tokens, Peak input, Peak output) {}

    /** @param projections by tensor, expert and use; those that no token goes to are missing */
    private record Measured(Map<String, Peaks> projections, double meanNll) {

        Peaks of(JsonNode expected) {
            OptionalInt expert = expected.has("expert")
                    ? OptionalInt.of(expected.get("expert").intValue())
                    : OptionalInt.empty();
            String tensor = expected.get("weight_key").textValue();
            return projections.get(key(tensor, expert, expected.path("call").asInt()));
        }
    }

    private static String key(String tensor, OptionalInt expert, int use) {
        return (expert.isPresent() ? tensor + ", expert " + expert.getAsInt() : tensor) + ", use " + use;
    }

    /** The down projections that tokens go to. */
    private static List<JsonNode> used(ReferenceCheckpoint reference) {
        List<JsonNode> used = new ArrayList<>();
        reference.expected().get("down_projections").forEach(projection -> {
            if (projection.get("tokens").intValue() > 0) {
                used.add(projection);
            }
        });
        return used;
    }

    /** Beyond the first experts, rounding to bfloat16 may have sent a token to others, which makes other numbers. */
    private static List<JsonNode> upToFirstMixture(List<JsonNode> projections) {
        int first = projections.stream()
                .filter(projection -> projection.has("expert"))
                .mapToInt(projection -> projection.get("layer").intValue())
                .min()
                .orElse(Integer.MAX_VALUE);
        return projections.stream()
                .filter(projection -> projection.get("layer").intValue() <= first)
                .toList();
    }

    private static Measured measure(ReferenceCheckpoint reference, Precision precision) {
        Sequences sequences = reference.sequences();
        Map<String, Peaks> projections = new LinkedHashMap<>();
        try (ForwardPass pass = new ForwardPass(reference.model(engine, precision), sequences, bytes -> {})) {
            HeadPass readout = pass.run(List.of(), site -> site.projections().forEach(projection -> {
                Activations activations = projection.activations(pass.original(), sequences.all());
                String tensor = projection.weight().weight();
                int use = 0;
                while (projections.containsKey(key(tensor, projection.expert(), use))) {
                    use++;
                }
                projections.put(
                        key(tensor, projection.expert(), use),
                        new Peaks(activations.tokens(), activations.inputPeak(), activations.outputPeak()));
            }));
            double meanNll = readout.score(List.of(pass.original()), sequences.all())
                    .get(0)
                    .meanNegativeLogLikelihood();
            return new Measured(projections, meanNll);
        }
    }

    private static void assertPeak(Peak peak, JsonNode expected, double tolerance) {
        double value = expected.get("value").doubleValue();
        assertThat((double) peak.value()).isCloseTo(value, within(tolerance * Math.abs(value)));
        assertThat(peak.sequence()).isEqualTo(expected.get("batch").intValue());
        assertThat(peak.position()).isEqualTo(expected.get("position").intValue());
        assertThat(peak.channel()).isEqualTo(expected.get("channel").intValue());
    }

    /** Where another entry is nearly as large, rounding to bfloat16 may make it the largest. */
    private static void assertPeakIfClear(Peak peak, JsonNode expected) {
        double value = Math.abs(expected.get("value").doubleValue());
        if (expected.get("runner_up_abs").doubleValue() < 0.97 * value) {
            assertPeak(peak, expected, 0.03);
        }
    }
}
