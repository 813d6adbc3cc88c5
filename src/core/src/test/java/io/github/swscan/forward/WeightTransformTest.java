package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.EditedCheckpoint;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.ScalarEdit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A branch with other weights gives what a checkpoint gives in whose file the weights are those. */
class WeightTransformTest {

    @LentEngine
    private static TorchEngine engine;

    @TempDir
    private Path folder;

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

        static Rounding everything(RunnableModel model) {
            return of(model, Block::linears);
        }

        static Rounding downProjections(RunnableModel model) {
            return of(model, block -> block.feedForward().mlps().map(Mlp::down));
        }

        private static Rounding of(RunnableModel model, Function<Block, Stream<Linear>> linears) {
            return new Rounding(model.architecture().blocks().stream()
                    .flatMap(linears)
                    .map(Linear::weight)
                    .collect(Collectors.toSet()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "llama, FP32, 1073741824",
        "llama-bf16, BF16, 1073741824",
        "llama-bias, FP32, 3000",
        "gpt2, FP32, 1073741824",
        "gpt2, BF16, 3000",
        "gpt_neox, FP32, 1073741824",
        "gpt_oss, FP32, 1073741824",
        "mixtral, FP32, 1073741824",
        "deepseek_v3, FP32, 1073741824",
        "jetmoe, FP32, 1073741824",
        "lfm2, FP32, 1073741824",
        "minimax, FP32, 1073741824"
    })
    void branchesEqualCheckpointsWithTheirWeights(String name, Precision precision, long longestSlice)
            throws Exception {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/" + name);
        RunnableModel model = reference.model(engine, precision);
        Sequences sequences = reference.sequences();
        ScalarEdit heldOut = heldOut(model);
        Branch everything = branch(sequences.all(), List.of(), Rounding.everything(model));
        Branch downProjections = branch(List.of(1), List.of(), Rounding.downProjections(model));
        Branch withHoldOut = branch(sequences.all(), List.of(heldOut), Rounding.everything(model));
        Branch stored = new Branch(List.of(0), List.of(heldOut));
        List<Branch> branches = List.of(everything, downProjections, withHoldOut, stored);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {}, longestSlice)) {
            HeadPass head = pass.run(branches, Probe.NONE);

            assertLikeCheckpoint(head, pass.original(), new Branch(sequences.all(), List.of()), model, reference);
            for (Branch branch : branches) {
                assertLikeCheckpoint(head, branch, branch, model, reference);
            }
            assertThat(difference(head.logits(everything, 0), head.logits(pass.original(), 0)))
                    .as("what rounding changes")
                    .isGreaterThan(1e-2f);
        }
    }

    /** The logits of a branch and those of a checkpoint whose file has the weights of another. */
    private void assertLikeCheckpoint(
            HeadPass head, Branch branch, Branch written, RunnableModel model, ReferenceCheckpoint reference)
            throws Exception {
        Path copy = Files.createTempDirectory(folder, "copy");
        EditedCheckpoint.write(copy, model, reference.folder(), written.transform(), written.edits());
        RunnableModel changed = ReferenceCheckpoint.model(copy, engine, model.precision());
        float tolerance = model.precision() == Precision.FP32 ? 1e-5f : 2e-2f;
        try (ForwardPass pass = new ForwardPass(changed, reference.sequences(), bytes -> {})) {
            HeadPass expected = pass.run(List.of(), Probe.NONE);
            for (int sequence : branch.sequences()) {
                float[][] logits = expected.logits(pass.original(), sequence);
                float[][] actual = head.logits(branch, sequence);
                for (int token = 0; token < logits.length; token++) {
                    assertThat(actual[token])
                            .as("token %d", token)
                            .containsExactly(logits[token], within(tolerance * largest(logits)));
                }
            }
        }
    }

    @Test
    void branchesWithEqualTransformsShareOneProduct() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        Map<String, Integer> asked = new ConcurrentHashMap<>();
        WeightTransform counting = new WeightTransform() {
            @Override
            public boolean changes(Linear linear) {
                return linear.weight().contains("layers.1.");
            }

            @Override
            public void apply(Linear linear, int row, float[] weights) {
                asked.merge(linear.weight() + " " + row, 1, Integer::sum);
            }
        };
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            pass.run(
                    List.of(
                            branch(sequences.all(), List.of(), counting),
                            branch(List.of(1), List.of(), counting),
                            branch(List.of(0), List.of(), WeightTransform.IDENTITY)),
                    Probe.NONE);
        }
        Map<String, Integer> once = new HashMap<>();
        model.architecture().blocks().get(1).linears().forEach(linear -> {
            for (int row = 0; row < linear.outputs(); row++) {
                once.put(linear.weight() + " " + row, 1);
            }
        });
        assertThat(asked).isEqualTo(once);
    }

    /** Of single tokens, some go to experts as rounded that the stored model does not send them to. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "mixtral", "deepseek_v3"})
    void whatIsCopiedAheadIsUsed(String name) {
        RunnableModel model = ReferenceCheckpoint.named("reference/" + name).model(engine, Precision.FP32);
        WeightTransform rounding = Rounding.everything(model);
        for (int token = 0; token < 20; token++) {
            try (ForwardPass pass = new ForwardPass(
                    model,
                    new Sequences(List.of(new int[] {token})),
                    bytes -> {},
                    Weights.LONGEST_SLICE,
                    Optional.empty(),
                    OptionalLong.of(DeviceCopies.LONGEST_AHEAD))) {
                pass.run(List.of(branch(List.of(0), List.of(), rounding)), Probe.NONE);

                assertThat(pass.unused()).as("token %d", token).isZero();
            }
        }
    }

    @Test
    void aForkHasTheWeightsOfItsSource() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        Sequences sequences = reference.sequences();
        Branch rounded = branch(sequences.all(), List.of(), Rounding.everything(model));
        Branch fork = branch(List.of(1), List.of(heldOut(model)), Rounding.everything(model));
        Branch planned = branch(List.of(1), List.of(heldOut(model)), Rounding.everything(model));
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            HeadPass head = pass.run(List.of(rounded, planned), site -> {
                if (site.layer() == 0) {
                    assertThatThrownBy(() -> site.fork(pass.original(), fork))
                            .isInstanceOf(IllegalArgumentException.class);
                    site.fork(rounded, fork);
                }
            });

            assertThat(difference(head.logits(fork, 1), head.logits(planned, 1)))
                    .isLessThan(1e-5f);
            assertThat(difference(head.logits(fork, 1), head.logits(rounded, 1)))
                    .isGreaterThan(1e-3f);
        }
    }

    @Test
    void textGoesOnWithTheBranchsWeights() throws Exception {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        WeightTransform rounding = Rounding.everything(model);
        EditedCheckpoint.write(folder, model, reference.folder(), rounding, List.of());
        RunnableModel rounded = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        int[] prompt = {5, 17, 2, 40};

        List<Branch> branches = List.of(branch(List.of(0), List.of(), rounding));
        List<List<Integer>> texts = new Generation(model, prompt, branches, bytes -> {}).continuations(12, Set.of());

        assertThat(texts.get(1))
                .isEqualTo(new Generation(rounded, prompt, List.of(), bytes -> {})
                        .continuations(12, Set.of())
                        .get(0))
                .isNotEqualTo(texts.get(0));
    }

    private static Branch branch(List<Integer> sequences, List<ScalarEdit> edits, WeightTransform transform) {
        return new Branch(sequences, edits, transform);
    }

    /** A weight of the first down projection with a value that no rounding makes, and that bfloat16 holds. */
    private static ScalarEdit heldOut(RunnableModel model) {
        Linear down = model.architecture()
                .blocks()
                .get(0)
                .feedForward()
                .mlps()
                .findFirst()
                .orElseThrow()
                .down();
        return new ScalarEdit(down, 3, 5, 1.6875f);
    }

    private static float difference(float[][] one, float[][] other) {
        float largest = 0;
        for (int token = 0; token < one.length; token++) {
            for (int i = 0; i < one[token].length; i++) {
                largest = Math.max(largest, Math.abs(one[token][i] - other[token][i]));
            }
        }
        return largest;
    }

    private static float largest(float[][] logits) {
        return difference(logits, new float[logits.length][logits[0].length]);
    }
}
