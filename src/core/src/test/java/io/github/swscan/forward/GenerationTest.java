package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.SpikeMean;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Continuations are those that the model gives when it reads the whole text anew for every token. */
class GenerationTest {

    private static final int TOKENS = 8;

    @LentEngine
    private static TorchEngine engine;

    /**
     * Scores of an indexer are often exactly 0 in models this small: which of equal ones are chosen depends, as in PyTorch,
     * on how many tokens there are.
     */
    private static final Set<String> WITH_EQUAL_SCORES = Set.of("reference/deepseek_v32", "reference/glm_moe_dsa");

    static Stream<String> checkpoints() {
        return Stream.of("reference", "planted")
                .flatMap(folder -> ReferenceCheckpoint.names(folder).stream())
                .filter(name -> !WITH_EQUAL_SCORES.contains(name));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyTokenIsTheMostLikelyOneAfterTheTextBefore(String name) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(name);
        RunnableModel model = reference.model(engine, Precision.FP32);
        int[] prompt = prompt(reference);
        List<Branch> edited =
                List.of(removal(model, 0), removal(model, model.architecture().layers() - 1));

        List<List<Integer>> continuations =
                new Generation(model, prompt, edited, bytes -> {}).continuations(TOKENS, Set.of());

        assertThat(continuations).hasSize(3).allSatisfy(tokens -> assertThat(tokens)
                .hasSize(TOKENS));
        assertMostLikely(model, prompt, continuations, edited);
    }

    @Test
    void whatIsPutBackInThePromptKeepsTheContinuation() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("planted/one-llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        Linear down = model.architecture()
                .blocks()
                .get(1)
                .feedForward()
                .mlps()
                .findFirst()
                .orElseThrow()
                .down();
        Edit zeroed = new ScalarEdit(down, 49, 18, 0);
        Branch removed = new Branch(List.of(0), List.of(zeroed));
        Branch restored = new Branch(List.of(0), List.of(zeroed, new Restoration(down.matrix(), 49)));
        Branch mean = new Branch(List.of(0), List.of(zeroed, new SpikeMean(new Coordinate(down, 49, 18))));

        List<List<Integer>> continuations = new Generation(
                        model, prompt(reference), List.of(removed, restored, mean), bytes -> {})
                .continuations(TOKENS, Set.of());

        assertThat(continuations.get(1)).isNotEqualTo(continuations.get(0));
        assertThat(continuations.get(2)).isEqualTo(continuations.get(0));
        assertThat(continuations.get(3)).isEqualTo(continuations.get(0));
    }

    @Test
    void endsBeforeATokenThatEndsTexts() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        Generation generation =
                new Generation(reference.model(engine, Precision.FP32), prompt(reference), List.of(), bytes -> {});
        List<Integer> whole = generation.continuations(TOKENS, Set.of()).get(0);

        List<Integer> ended =
                generation.continuations(TOKENS, Set.of(whole.get(3))).get(0);

        assertThat(ended).isEqualTo(whole.subList(0, whole.indexOf(whole.get(3))));
    }

    @Test
    void aTokenOfAllBranchesCostsOneReading() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        List<Branch> edited = List.of(removal(model, 0), removal(model, 1));

        assertThat(bytesRead(model, prompt(reference), edited, TOKENS))
                .isLessThanOrEqualTo(TOKENS * bytesRead(model, prompt(reference), edited, 1));
    }

    private static long bytesRead(RunnableModel model, int[] prompt, List<Branch> edited, int tokens) {
        AtomicLong read = new AtomicLong();
        new Generation(model, prompt, edited, read::addAndGet).continuations(tokens, Set.of());
        return read.get();
    }

    @Test
    void leavesNoArraysBehind() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("reference/llama");
        RunnableModel model = reference.model(engine, Precision.FP32);
        int before = engine.manager().getManagedArrays().size();

        bytesRead(model, prompt(reference), List.of(removal(model, 0)), TOKENS);

        assertThat(engine.manager().getManagedArrays()).hasSize(before);
    }

    /** All that a text of one token more than the prompt may be, up to the whole continuation. */
    private static void assertMostLikely(
            RunnableModel model, int[] prompt, List<List<Integer>> continuations, List<Branch> edited) {
        List<int[]> texts = new ArrayList<>();
        List<Branch> branches = new ArrayList<>();
        for (int branch = 0; branch < continuations.size(); branch++) {
            int first = texts.size();
            List<Integer> continuation = continuations.get(branch);
            for (int read = 0; read < continuation.size(); read++) {
                texts.add(IntStream.concat(
                                IntStream.of(prompt),
                                continuation.subList(0, read).stream().mapToInt(Integer::intValue))
                        .toArray());
            }
            if (branch > 0) {
                branches.add(new Branch(
                        IntStream.range(first, texts.size()).boxed().toList(),
                        edited.get(branch - 1).edits()));
            }
        }
        try (ForwardPass pass = new ForwardPass(model, new Sequences(texts), bytes -> {})) {
            HeadPass readout = pass.run(branches, Probe.NONE);
            int text = 0;
            for (int branch = 0; branch < continuations.size(); branch++) {
                Branch running = branch == 0 ? pass.original() : branches.get(branch - 1);
                for (int token : continuations.get(branch)) {
                    float[] logits = readout.logits(running, text)[texts.get(text).length - 1];
                    float highest = 0;
                    for (float logit : logits) {
                        highest = Math.max(highest, logit);
                    }
                    assertThat(logits[token])
                            .as("branch %d, after %d tokens", branch, texts.get(text).length)
                            .isGreaterThanOrEqualTo(highest - 1e-4f);
                    text++;
                }
            }
        }
    }

    /** With one weight of the last linear map of a layer's mixer made large. */
    private static Branch removal(RunnableModel model, int layer) {
        return new Branch(
                List.of(0),
                model
                        .architecture()
                        .blocks()
                        .get(layer)
                        .mixer()
                        .linears()
                        .reduce((first, second) -> second)
                        .map(linear -> new ScalarEdit(linear, 1, 2, 9))
                        .stream()
                        .toList());
    }

    private static int[] prompt(ReferenceCheckpoint reference) {
        Sequences sequences = reference.sequences();
        return IntStream.range(0, sequences.tokens(0))
                .map(position -> sequences.id(0, position))
                .toArray();
    }
}
