package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds the forward pass over 8-bit floating-point weights to the numbers that Hugging Face transformers computed in
 * float32 with the weights that PyTorch made of them.
 */
class QuantizedReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("quantized");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsAndPeaksAreThoseOfTransformers(String name) {
        assertNumbers(name, Weights.LONGEST_SLICE);
    }

    /** Slices begin and end within the blocks that share a scale. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-block128", "qwen3-block-16x32", "granitemoe-stacked-block16", "llama-block16-bin"})
    void matricesInManySlicesGiveTheSame(String name) {
        assertNumbers("quantized/" + name, 3000);
    }

    private static void assertNumbers(String name, long longestSlice) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Sequences sequences = reference.sequences();
        float[][][] expected = reference.logits();
        Map<String, Activations> peaks = new LinkedHashMap<>();
        try (ForwardPass pass =
                new ForwardPass(reference.model(engine, Precision.FP32), sequences, bytes -> {}, longestSlice)) {
            HeadPass readout = pass.run(List.of(), site -> site.projections().forEach(projection -> {
                if (projection.expert().isEmpty()) {
                    Activations activations = projection.activations(pass.original(), sequences.all());
                    assertPeaks(
                            activations,
                            expectedPeaks(reference, projection.weight().weight()));
                    peaks.put(projection.weight().weight(), activations);
                }
            }));
            for (int sequence = 0; sequence < sequences.count(); sequence++) {
                float[][] logits = readout.logits(pass.original(), sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(logits[token]).containsExactly(expected[sequence][token], within(2e-4f));
                }
            }
            double meanNll = readout.score(List.of(pass.original()), sequences.all())
                    .get(0)
                    .meanNegativeLogLikelihood();
            assertThat(meanNll)
                    .isCloseTo(reference.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
        }
        assertThat(peaks).hasSameSizeAs(reference.expected().get("down_projections"));
    }

    private static JsonNode expectedPeaks(ReferenceCheckpoint reference, String tensor) {
        for (JsonNode projection : reference.expected().get("down_projections")) {
            if (projection.get("weight_key").textValue().equals(tensor)) {
                return projection;
            }
        }
        throw new AssertionError("no peaks are known of " + tensor);
    }

    private static void assertPeaks(Activations activations, JsonNode expected) {
        assertPeak(activations.inputPeak(), expected.get("input"));
        assertPeak(activations.outputPeak(), expected.get("output"));
    }

    private static void assertPeak(Peak peak, JsonNode expected) {
        double value = expected.get("value").doubleValue();
        assertThat((double) peak.value()).isCloseTo(value, within(1e-4 * Math.abs(value)));
        assertThat(peak.sequence()).isEqualTo(expected.get("batch").intValue());
        assertThat(peak.position()).isEqualTo(expected.get("position").intValue());
        assertThat(peak.channel()).isEqualTo(expected.get("channel").intValue());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void lossInBfloat16IsCloseToThatOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        Sequences sequences = reference.sequences();
        double expected = reference.expected().get("mean_cross_entropy").doubleValue();
        try (ForwardPass pass = new ForwardPass(reference.model(engine, Precision.BF16), sequences, bytes -> {})) {
            HeadPass readout = pass.run(List.of(), Probe.NONE);
            double meanNll = readout.score(List.of(pass.original()), sequences.all())
                    .get(0)
                    .meanNegativeLogLikelihood();
            assertThat(meanNll).isCloseTo(expected, within(0.02 * expected));
        }
    }
}
