package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.SpikeMean;
import io.github.swscan.weight.StoredMatrix;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Means that are put back are those that the whole matrices give. */
class SpikeMeanTest {

    private static TorchEngine engine;

    @BeforeAll
    static void startEngine() {
        engine = TorchEngine.start(OptionalInt.empty());
    }

    @AfterAll
    static void stopEngine() {
        engine.close();
    }

    /** Input and output of a down projection for the tokens of a branch that go through it. */
    private record Seen(Map<TokenPlace, float[]> inputs, Map<TokenPlace, float[]> outputs) {

        static Seen of(Activations activations) {
            Map<TokenPlace, float[]> inputs = new HashMap<>();
            Map<TokenPlace, float[]> outputs = new HashMap<>();
            for (int token = 0; token < activations.tokens(); token++) {
                inputs.put(activations.place(token), activations.input(token));
                outputs.put(activations.place(token), activations.output(token));
            }
            return new Seen(inputs, outputs);
        }
    }

    /** The weights are of one down projection; in the third case of one row, in the last of a mixture's expert. */
    @ParameterizedTest
    @CsvSource({
        "planted/one-llama, 1:49:18, 0 1",
        "reference/llama, 1:3:40, 1",
        "reference/llama, 1:3:40 1:3:7 1:5:7, 0 1",
        "reference/gpt2, 1:2:40 1:3:40, 0 1",
        "reference/mixtral, 1:2:3:4 1:2:3:5, 0 1"
    })
    void standAtTheSpikeTokensAndNowhereElse(String checkpoint, String names, String sequenceNumbers) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(checkpoint);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sites sites = Sites.of(model.architecture());
        List<StoredWeight> weights = Stream.of(names.split(" "))
                .map(name -> WeightName.parse(name).find(sites, model.checkpoint()))
                .toList();
        List<Integer> sequences =
                Stream.of(sequenceNumbers.split(" ")).map(Integer::valueOf).toList();
        List<Edit> edits = new ArrayList<>();
        weights.forEach(weight -> edits.add(new SpikeMean(weight.coordinate())));
        weights.forEach(weight -> edits.add(ScalarEdit.zero(weight.coordinate())));
        Branch branch = new Branch(sequences, edits);

        List<Seen> seen = new ArrayList<>();
        try (ForwardPass pass = new ForwardPass(model, reference.sequences(), bytes -> {})) {
            pass.run(List.of(branch), site -> site.projections().stream()
                    .filter(projection ->
                            projection.weight().equals(weights.get(0).linear()))
                    .forEach(projection -> {
                        seen.add(Seen.of(projection.activations(pass.original(), sequences)));
                        seen.add(Seen.of(projection.activations(branch, sequences)));
                    }));
        }

        Seen original = seen.get(0);
        Seen changed = seen.get(1);
        assertThat(changed.outputs()).isNotEmpty();
        StoredMatrix matrix = StoredMatrix.of(model.checkpoint(), weights.get(0).linear());
        changed.outputs().forEach((place, output) -> {
            for (int row = 0; row < output.length; row++) {
                double before = original.outputs().get(place)[row];
                double expected = before + change(row, place, weights, matrix, original.inputs());
                assertThat((double) output[row])
                        .as("channel %d at %s", row, place)
                        .isCloseTo(expected, within(1e-5 * Math.max(1, Math.abs(before))));
            }
        });
    }

    /** What the edits add to the original's output: the mean, at spike tokens, in place of the weight's contribution. */
    private static double change(
            int row,
            TokenPlace place,
            List<StoredWeight> weights,
            StoredMatrix matrix,
            Map<TokenPlace, float[]> inputs) {
        double change = 0;
        for (StoredWeight weight : weights) {
            if (weight.row() == row) {
                Map<TokenPlace, Double> contributions = contributions(weight.coordinate(), matrix, inputs);
                double largest = contributions.values().stream()
                        .mapToDouble(Math::abs)
                        .max()
                        .orElseThrow();
                List<TokenPlace> spikes = contributions.keySet().stream()
                        .filter(token -> Math.abs(contributions.get(token)) >= largest / 2)
                        .toList();
                change -= contributions.get(place);
                if (spikes.contains(place)) {
                    change += spikes.stream()
                            .mapToDouble(contributions::get)
                            .average()
                            .orElseThrow();
                }
            }
        }
        return change;
    }

    private static Map<TokenPlace, Double> contributions(
            Coordinate weight, StoredMatrix matrix, Map<TokenPlace, float[]> inputs) {
        Map<TokenPlace, Double> contributions = new HashMap<>();
        double value = matrix.row(weight.row())[weight.column()];
        inputs.forEach((place, x) -> contributions.put(place, value * x[weight.column()]));
        return contributions;
    }
}
