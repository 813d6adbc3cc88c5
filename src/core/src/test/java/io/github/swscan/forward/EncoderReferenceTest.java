package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the forward pass of encoders to the numbers that transformers 5.24 computed for tiny checkpoints: peaks, the loss at
 * the labelled places, and the last token's first logits, or without a head its first channels of the last hidden state.
 */
class EncoderReferenceTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("encoders");
    }

    /** @param peaks [layer][input, output] */
    private record Measured(List<List<Peak>> peaks, List<float[]> lastOutputs, double meanNll) {}

    private static Measured measure(ReferenceCheckpoint reference, Precision precision, long longestSlice) {
        RunnableModel model = reference.model(engine, precision);
        Sequences sequences = reference.sequences();
        boolean predicts = model.architecture().head().isPresent();
        List<List<Peak>> peaks = new ArrayList<>();
        List<float[]> outputs = new ArrayList<>();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            HeadPass head = pass.run(List.of(), site -> site.projections().forEach(projection -> {
                Activations activations = projection.activations(pass.original(), sequences.all());
                assertThat(activations.tokens()).isEqualTo(sequences.totalTokens());
                peaks.add(List.of(activations.inputPeak(), activations.outputPeak()));
            }));
            for (int sequence : sequences.all()) {
                outputs.add(predicts ? lastLogits(head, pass, sequence) : lastState(head, pass, sequence));
            }
            double meanNll = predicts
                    ? head.score(List.of(pass.original()), sequences.all())
                            .get(0)
                            .meanNegativeLogLikelihood()
                    : Double.NaN;
            return new Measured(peaks, outputs, meanNll);
        }
    }

    private static float[] lastLogits(HeadPass head, ForwardPass pass, int sequence) {
        float[][] logits = head.logits(pass.original(), sequence);
        return logits[logits.length - 1];
    }

    private static float[] lastState(HeadPass head, ForwardPass pass, int sequence) {
        float[] states = head.hiddenStates(pass.original(), List.of(sequence));
        int width = states.length / head.tokens(sequence);
        return Arrays.copyOfRange(states, states.length - width, states.length);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void numbersAreThoseOfTransformers(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        assertNumbers(reference.expected(), measure(reference, Precision.FP32, Weights.LONGEST_SLICE));
    }

    /** 4000 bytes hold the scores of 12 tokens, of the 20 there are: attention and matrices in parts. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void computedInPartsTheyAreTheSame(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        assertNumbers(reference.expected(), measure(reference, Precision.FP32, 4000));
    }

    private static void assertNumbers(JsonNode expected, Measured measured) {
        JsonNode projections = expected.get("down_projections");
        assertThat(measured.peaks()).hasSize(projections.size());
        for (int layer = 0; layer < projections.size(); layer++) {
            JsonNode projection = projections.get(layer);
            assertThat(projection.get("layer").intValue()).isEqualTo(layer);
            assertPeak(measured.peaks().get(layer).get(0), projection.get("input"));
            assertPeak(measured.peaks().get(layer).get(1), projection.get("output"));
        }
        for (int sequence = 0; sequence < measured.lastOutputs().size(); sequence++) {
            JsonNode last = expected.get("last_logits_first8").get(sequence);
            for (int entry = 0; entry < last.size(); entry++) {
                assertThat((double) measured.lastOutputs().get(sequence)[entry])
                        .isCloseTo(last.get(entry).doubleValue(), within(1e-4));
            }
        }
        if (expected.get("mean_cross_entropy").isNull()) {
            assertThat(measured.meanNll()).isNaN();
        } else {
            assertThat(measured.meanNll())
                    .isCloseTo(expected.get("mean_cross_entropy").doubleValue(), within(1e-5));
        }
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
    void inBfloat16TheyAreClose(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        JsonNode expected = reference.expected();
        Measured measured = measure(reference, Precision.BF16, Weights.LONGEST_SLICE);
        for (int layer = 0; layer < measured.peaks().size(); layer++) {
            double value = expected.get("down_projections")
                    .get(layer)
                    .get("input")
                    .get("value")
                    .doubleValue();
            assertThat((double) measured.peaks().get(layer).get(0).magnitude())
                    .isCloseTo(Math.abs(value), within(0.05 * Math.abs(value)));
        }
        if (!expected.get("mean_cross_entropy").isNull()) {
            double loss = expected.get("mean_cross_entropy").doubleValue();
            assertThat(measured.meanNll()).isCloseTo(loss, within(0.02 * loss));
        }
    }
}
