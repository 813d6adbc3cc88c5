package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A branch of an encoder gives what a checkpoint gives in whose file its edits are really made: in every layer that reads
 * the weight, and for distances as for tokens.
 */
class EncoderBranchTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("encoders");
    }

    private static Stream<Linear> linears(RunnableModel model) {
        return model.architecture().blocks().stream().flatMap(Block::linears).distinct();
    }

    private static List<Edit> edits(Stream<Linear> linears) {
        return linears.<Edit>flatMap(linear -> Stream.of(
                        new ColumnEdit(linear.matrix(), 1, 0),
                        new RowEdit(linear.matrix(), 0, -1),
                        new ScalarEdit(linear, linear.outputs() / 2, linear.inputs() / 3, 0.25f)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void plannedBranchesEqualCheckpointsWithTheEditsMade(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        List<Branch> branches = List.of(
                new Branch(sequences.all(), edits(linears(model))),
                new Branch(List.of(1), edits(linears(model).skip(1).limit(1))),
                new Branch(
                        sequences.all(), edits(linears(model).filter(linear -> linear.outputs() != linear.inputs()))));

        assertLikeCheckpoints(reference, model, sequences, branches);
    }

    /** Rounds to multiples of 1/8 in even output channels and of 1/4 in odd ones: numbers that every type can hold. */
    private record Rounding(Set<String> tensors) implements WeightTransform {

        @Override
        public boolean changes(Linear linear) {
            return tensors.contains(linear.weight());
        }

        @Override
        public void apply(Linear linear, int row, float[] weights) {
            float steps = row % 2 == 0 ? 8 : 4;
            for (int column = 0; column < weights.length; column++) {
                weights[column] = (float) Math.rint(weights[column] * steps) / steps;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"albert-groups", "deberta-v2", "deberta-v2-conv", "modernbert", "mpnet"})
    void branchesWithOtherWeightsEqualCheckpointsWithThese(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("encoders/" + name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        Rounding everything = new Rounding(linears(model).map(Linear::weight).collect(Collectors.toSet()));

        assertLikeCheckpoints(
                reference,
                model,
                sequences,
                List.of(
                        new Branch(sequences.all(), List.of(), everything),
                        new Branch(List.of(0), edits(linears(model).limit(2)), everything)));
    }

    private void assertLikeCheckpoints(
            ReferenceCheckpoint reference, RunnableModel model, Sequences sequences, List<Branch> branches) {
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass head = pass.run(branches, Probe.NONE);
            float[] original = head.hiddenStates(pass.original(), List.of(1));
            for (Branch branch : branches) {
                Path edited = folder.resolve("edited-" + branches.indexOf(branch));
                assertThat(edited.toFile().mkdirs()).isTrue();
                EditedCheckpoint.write(edited, model, reference.folder(), branch.transform(), branch.edits());
                RunnableModel other = ReferenceCheckpoint.model(edited, engine, Precision.FP32);
                try (ForwardPass otherPass = new ForwardPass(other, sequences, bytes -> {})) {
                    HeadPass expected = otherPass.run(List.of(), Probe.NONE);
                    for (int sequence : branch.sequences()) {
                        assertThat(head.hiddenStates(branch, List.of(sequence)))
                                .as("branch %d, sequence %d", branches.indexOf(branch), sequence)
                                .containsExactly(
                                        expected.hiddenStates(otherPass.original(), List.of(sequence)), within(2e-4f));
                    }
                }
                if (branch.sequences().contains(1)) {
                    assertThat(head.hiddenStates(branch, List.of(1))).isNotEqualTo(original);
                }
            }
        }
    }

    /** One weight, many places: to take it away in the layer that is named takes it away from all that read it. */
    @Test
    void aSharedWeightIsGoneFromEveryLayer() {
        RunnableModel model = ReferenceCheckpoint.named("encoders/albert").model(engine, Precision.FP32);
        Sequences sequences = ReferenceCheckpoint.named("encoders/albert").sequences();
        Linear down = model.architecture()
                .blocks()
                .get(0)
                .feedForward()
                .mlps()
                .findFirst()
                .orElseThrow()
                .down();
        Branch removal = new Branch(sequences.all(), List.of(new RowEdit(down.matrix(), 5, 0)));
        int[] visited = {0};
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(List.of(removal), site -> site.projections().forEach(projection -> {
                float bias = model.checkpoint()
                        .floats(
                                model.checkpoint()
                                        .find(down.bias().orElseThrow())
                                        .orElseThrow(),
                                5,
                                1,
                                1)[0];
                Activations activations = projection.activations(removal, sequences.all());
                for (int token = 0; token < activations.tokens(); token++) {
                    assertThat(activations.output(token)[5]).isEqualTo(bias);
                }
                visited[0]++;
            }));
        }
        assertThat(visited[0]).isEqualTo(4);
    }
}
