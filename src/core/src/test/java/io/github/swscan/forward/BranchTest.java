package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.Sites;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A branch gives what a checkpoint gives in whose file its edits are really made. */
class BranchTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("reference");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void plannedBranchesEqualCheckpointsWithTheEditsMade(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        List<Edit> everywhere = edits(model, 0);
        List<Edit> lateOnly = edits(model, model.architecture().layers() - 1);
        Branch all = new Branch(sequences.all(), everywhere);
        Branch late = new Branch(List.of(1), lateOnly);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass readout = pass.run(List.of(all, late), Probe.NONE);
            float[][][] original = reference.logits();
            for (int sequence : sequences.all()) {
                assertLogits(readout.logits(pass.original(), sequence), original[sequence], 2e-4f);
            }
            assertThat(largestDifference(readout.logits(late, 1)[19], original[1][19]))
                    .as("what the edits change")
                    .isGreaterThan(1e-3f);
            assertBranch(readout, all, sequences, folder.resolve("all"), model, reference.folder());
            assertBranch(readout, late, sequences, folder.resolve("late"), model, reference.folder());
        }
    }

    /** Weights that several layers share are edited from the first of them on: no branch can begin at a later one. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void branchesForkedAtADownProjectionEqualCheckpointsWithTheEditsMade(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        assumeFalse(Sites.of(model.architecture()).areShared());
        Sequences sequences = reference.sequences();
        int last = model.architecture().layers() - 1;
        List<Edit> first = downProjectionEdits(model, 0);
        List<Edit> firstAndLast = new ArrayList<>(first);
        firstAndLast.addAll(downProjectionEdits(model, last));
        Branch one = new Branch(sequences.all(), first);
        Branch both = new Branch(List.of(0), firstAndLast);
        Branch dropped = new Branch(sequences.all(), first);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass readout = pass.run(List.of(), site -> {
                if (site.layer() == 0) {
                    site.fork(pass.original(), dropped);
                    site.fork(pass.original(), one);
                }
                if (site.layer() == 1) {
                    site.drop(dropped);
                }
                if (site.layer() == last) {
                    site.fork(one, both);
                }
            });
            assertThat(readout.branches()).containsExactly(pass.original(), one, both);
            assertBranch(readout, one, sequences, folder.resolve("one"), model, reference.folder());
            assertBranch(readout, both, sequences, folder.resolve("both"), model, reference.folder());
        }
    }

    /** In this precision how an engine rounds depends on how many rows there are: alike only as far as that goes. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-bf16", "gpt2", "granitemoe"})
    void rowsAndColumnsAreEditedInBfloat16Too(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, Precision.BF16);
        Sequences sequences = reference.sequences();
        Branch branch = new Branch(sequences.all(), edits(model, 0));
        EditedCheckpoint.write(folder, model, reference.folder(), branch.edits());
        RunnableModel edited = ReferenceCheckpoint.model(folder, engine, Precision.BF16);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {});
                ForwardPass expectedPass = new ForwardPass(edited, sequences, bytes -> {})) {
            float[][] expected = expectedPass.run(List.of(), Probe.NONE).logits(expectedPass.original(), 0);
            HeadPass readout = pass.run(List.of(branch), Probe.NONE);
            float tolerance = 0.03f * largest(expected);
            assertLogits(readout.logits(branch, 0), expected, tolerance);
            assertThat(largestDifference(readout.logits(pass.original(), 0)[19], expected[19]))
                    .as("what the edits change")
                    .isGreaterThan(3 * tolerance);
        }
    }

    private static void assertBranch(
            HeadPass readout, Branch branch, Sequences sequences, Path folder, RunnableModel model, Path original) {
        assertThat(folder.toFile().mkdirs()).isTrue();
        EditedCheckpoint.write(folder, model, original, branch.edits());
        RunnableModel edited = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        try (ForwardPass pass = new ForwardPass(edited, sequences, bytes -> {})) {
            HeadPass expected = pass.run(List.of(), Probe.NONE);
            for (int sequence : branch.sequences()) {
                float[][] edits = expected.logits(pass.original(), sequence);
                assertLogits(readout.logits(branch, sequence), edits, 1e-5f * largest(edits));
            }
        }
    }

    private static float largestDifference(float[] one, float[] other) {
        float largest = 0;
        for (int i = 0; i < one.length; i++) {
            largest = Math.max(largest, Math.abs(one[i] - other[i]));
        }
        return largest;
    }

    /** Rounding errors grow with the logits: how an engine adds up depends on how many rows there are. */
    private static float largest(float[][] logits) {
        float largest = 0;
        for (float[] row : logits) {
            for (float logit : row) {
                largest = Math.max(largest, Math.abs(logit));
            }
        }
        return largest;
    }

    private static void assertLogits(float[][] actual, float[][] expected, float tolerance) {
        for (int token = 0; token < actual.length; token++) {
            assertThat(actual[token]).as("token %d", token).containsExactly(expected[token], within(tolerance));
        }
    }

    /**
     * Edits in every linear map from a layer on: in each a replaced weight, a row with other signs and a removed column,
     * in each down projection a removed weight.
     */
    private static List<Edit> edits(RunnableModel model, int fromLayer) {
        List<Edit> edits = new ArrayList<>();
        for (Block block : model.architecture().blocks()) {
            if (block.layer() >= fromLayer) {
                block.linears().forEach(linear -> {
                    edits.add(new ColumnEdit(linear.matrix(), 1, 0));
                    edits.add(new RowEdit(linear.matrix(), 0, -1));
                    edits.add(new ScalarEdit(linear, linear.outputs() / 2, linear.inputs() / 3, 0.25f));
                });
                block.feedForward()
                        .mlps()
                        .map(Mlp::down)
                        .forEach(down -> edits.add(new ScalarEdit(down, down.outputs() - 1, down.inputs() - 1, 0)));
            }
        }
        return edits;
    }

    private static List<Edit> downProjectionEdits(RunnableModel model, int layer) {
        return model.architecture()
                .blocks()
                .get(layer)
                .feedForward()
                .mlps()
                .map(Mlp::down)
                .<Edit>flatMap(down -> Stream.of(
                        new RowEdit(down.matrix(), 7, -1),
                        new RowEdit(down.matrix(), 9, 0),
                        new ColumnEdit(down.matrix(), 2, -1),
                        new ScalarEdit(down, 3, 5, 0),
                        new ScalarEdit(down, 3, 6, -2),
                        new ScalarEdit(down, 7, 5, 0.75f)))
                .toList();
    }
}
