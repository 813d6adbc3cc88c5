package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the forward pass to the numbers that Hugging Face transformers computed for tiny checkpoints. */
class ReferenceTest {

    private static TorchEngine engine;

    @BeforeAll
    static void startEngine() {
        engine = TorchEngine.start(OptionalInt.empty());
    }

    @AfterAll
    static void stopEngine() {
        engine.close();
    }

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("reference");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsAreThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        assertLogits(reference, reference.model(engine, Precision.FP32), Checkpoint.MAX_SLICE);
    }

    /** Matrices too large for one buffer are multiplied slice by slice. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-bf16", "llama-bias", "gpt2", "gpt2-noprefix"})
    void matricesInManySlicesGiveTheSame(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        assertLogits(reference, reference.model(engine, Precision.FP32), 1000);
    }

    /** No reference is stored in float64; a float32 one holds the same numbers in it. */
    @Test
    void float64WeightsGiveTheSame(@TempDir Path folder) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama-f32");
        EditedCheckpoint.writeAsFloat64(folder, reference.model(engine, Precision.FP32), reference.folder());
        assertLogits(reference, ReferenceCheckpoint.model(folder, engine, Precision.FP32), Checkpoint.MAX_SLICE);
    }

    private static void assertLogits(ReferenceCheckpoint reference, Model model, long longestSlice) {
        float[][][] expected = reference.logits();
        Sequences sequences = reference.sequences();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            Readout readout = pass.run(List.of(), Probe.NONE);
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
        JsonNode downProjections = reference.expected().get("down_projections");
        assertThat(measured.tensors()).hasSize(downProjections.size());
        for (int i = 0; i < downProjections.size(); i++) {
            JsonNode expected = downProjections.get(i);
            assertThat(measured.tensors().get(i))
                    .isEqualTo(expected.get("weight_key").textValue());
            assertPeak(measured.inputs().get(i), expected.get("input"), 1e-4);
            assertPeak(measured.outputs().get(i), expected.get("output"), 1e-4);
        }
        assertThat(measured.meanNll())
                .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void peaksAndLossInBfloat16AreCloseToThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Measured measured = measure(reference, Precision.BF16);
        JsonNode downProjections = reference.expected().get("down_projections");
        for (int i = 0; i < downProjections.size(); i++) {
            assertPeakIfClear(measured.inputs().get(i), downProjections.get(i).get("input"));
            assertPeakIfClear(measured.outputs().get(i), downProjections.get(i).get("output"));
        }
        double expected = reference.expected().get("mean_cross_entropy").doubleValue();
        assertThat(measured.meanNll()).isCloseTo(expected, within(0.02 * expected));
    }

    private record Measured(List<String> tensors, List<Peak> inputs, List<Peak> outputs, double meanNll) {}

    private static Measured measure(ReferenceCheckpoint reference, Precision precision) {
        Sequences sequences = reference.sequences();
        List<String> tensors = new ArrayList<>();
        List<Peak> inputs = new ArrayList<>();
        List<Peak> outputs = new ArrayList<>();
        try (ForwardPass pass = new ForwardPass(reference.model(engine, precision), sequences, bytes -> {})) {
            Readout readout = pass.run(List.of(), site -> {
                Activations activations = site.activations(pass.original(), sequences.all());
                tensors.add(site.weight().weight());
                inputs.add(activations.inputPeak());
                outputs.add(activations.outputPeak());
            });
            double meanNll = readout.score(List.of(pass.original()), sequences.all())
                    .get(0)
                    .meanNegativeLogLikelihood();
            return new Measured(tensors, inputs, outputs, meanNll);
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
