package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the forward pass to what transformers computes for the checkpoints that {@code scripts/references} has just made,
 * in the folder that the system property {@value #FOLDER} names.
 */
class GeneratedReferenceTest {

    private static final String FOLDER = "swscan.references";

    @LentEngine
    private static TorchEngine engine;

    @TestFactory
    Stream<DynamicTest> numbersAreThoseOfTransformers() throws IOException {
        String folder = System.getProperty(FOLDER);
        Assumptions.assumeTrue(
                folder != null,
                "no generated checkpoints: make some with scripts/references and name them by -D" + FOLDER);
        List<Path> checkpoints;
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            checkpoints = files.filter(file -> Files.exists(file.resolve("expected.json")))
                    .sorted()
                    .toList();
        }
        assertThat(checkpoints).as("checkpoints in " + folder).isNotEmpty();
        return checkpoints.stream()
                .map(checkpoint -> DynamicTest.dynamicTest(
                        checkpoint.getFileName().toString(), () -> assertNumbers(ReferenceCheckpoint.in(checkpoint))));
    }

    /** What goes into and comes out of one linear map, over all sequences. */
    private record Peaks(int tokens, Peak input, Peak output) {

        static Peaks of(Activations activations) {
            return new Peaks(activations.tokens(), activations.inputPeak(), activations.outputPeak());
        }
    }

    private static void assertNumbers(ReferenceCheckpoint reference) {
        JsonNode expected = reference.expected();
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        Map<String, Peaks> projections = new HashMap<>();
        Map<String, Peaks> recurrences = new HashMap<>();
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass head = pass.run(List.of(), new Probe() {
                @Override
                public void visit(DownProjections site) {
                    for (DownProjection projection : site.projections()) {
                        String map = name(
                                projection.weight().weight(),
                                projection.weight().stackIndex().isPresent()
                                        ? projection.weight().stackIndex().getAsInt()
                                        : -1);
                        put(projections, map, projection.activations(pass.original(), sequences.all()));
                    }
                }

                @Override
                public void visitRecurrence(RecurrenceOutput site) {
                    put(
                            recurrences,
                            name(site.weight().weight(), -1),
                            site.activations(pass.original(), sequences.all()));
                }
            });
            assertPeaks(projections, expected.get("down_projections"));
            if (expected.has("recurrences")) {
                assertPeaks(recurrences, expected.get("recurrences"));
            }
            boolean predicts = model.architecture().head().isPresent();
            for (int sequence : sequences.all()) {
                float[] last = predicts ? lastLogits(head, pass, sequence) : lastState(head, pass, sequence);
                JsonNode wanted = expected.get("last_logits_first8").get(sequence);
                for (int entry = 0; entry < wanted.size(); entry++) {
                    assertThat((double) last[entry])
                            .as("output %d of sequence %d", entry, sequence)
                            .isCloseTo(wanted.get(entry).doubleValue(), within(2e-4));
                }
            }
            assertThat(expected.get("mean_cross_entropy").isNull()).isEqualTo(!predicts);
            if (predicts) {
                double loss = expected.get("mean_cross_entropy").doubleValue();
                assertThat(head.score(List.of(pass.original()), sequences.all())
                                .get(0)
                                .meanNegativeLogLikelihood())
                        .isCloseTo(loss, within(5e-5 * loss));
            }
        }
    }

    /** Uses of one matrix are counted. */
    private static void put(Map<String, Peaks> peaks, String map, Activations activations) {
        int call = 0;
        while (peaks.containsKey(map + ", use " + call)) {
            call++;
        }
        peaks.put(map + ", use " + call, Peaks.of(activations));
    }

    private static String name(String tensor, int index) {
        return index < 0 ? tensor : tensor + "[" + index + "]";
    }

    private static void assertPeaks(Map<String, Peaks> measured, JsonNode expected) {
        Map<String, Integer> calls = new HashMap<>();
        int used = 0;
        for (JsonNode projection : expected) {
            if (projection.get("tokens").intValue() == 0) {
                continue;
            }
            used++;
            String tensor = projection.get("weight_key").textValue();
            boolean stacked = projection.get("weight_layout").textValue().startsWith("[expert");
            int index = stacked
                    ? projection
                            .path("expert")
                            .asInt(projection.path("shared_expert").asInt())
                    : -1;
            String map = name(tensor, index);
            Peaks peaks = measured.get(map + ", use " + (calls.merge(map, 1, Integer::sum) - 1));
            assertThat(peaks).as(map).isNotNull();
            assertThat(peaks.tokens())
                    .as(map)
                    .isEqualTo(projection.get("tokens").intValue());
            assertPeak("input of " + map, peaks.input(), projection.get("input"));
            assertPeak("output of " + map, peaks.output(), projection.get("output"));
        }
        assertThat(measured).hasSize(used);
    }

    private static void assertPeak(String what, Peak peak, JsonNode expected) {
        double value = expected.get("value").doubleValue();
        assertThat((double) peak.value()).as(what).isCloseTo(value, within(2e-4 * Math.abs(value)));
        assertThat(peak.sequence()).as(what).isEqualTo(expected.get("batch").intValue());
        assertThat(peak.position()).as(what).isEqualTo(expected.get("position").intValue());
        assertThat(peak.channel()).as(what).isEqualTo(expected.get("channel").intValue());
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
}
