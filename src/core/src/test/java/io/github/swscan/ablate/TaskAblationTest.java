package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.effect.Statistic;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.forward.ActivationRows;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.ForwardPass;
import io.github.swscan.forward.Probe;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.input.LocalSource;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.task.Task;
import io.github.swscan.text.task.TaskFile;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Accuracies and likelihoods as lm-evaluation-harness computed them for models-sample/. */
class TaskAblationTest {

    private static final Path TASKS = TestResources.at("tasks");

    @LentEngine
    private static TorchEngine engine;

    private static List<Task> tasks(Path model) {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(model.resolve("tokenizer.json")), 1024)) {
            return List.of(
                    TaskFile.builtIn("choices", "builtin:choices", tokenizer, 128),
                    TaskFile.read(TASKS.resolve("last-words.jsonl"), tokenizer, 128),
                    TaskFile.read(TASKS.resolve("choices.jsonl"), tokenizer, 128),
                    TaskFile.builtIn("last-word", "builtin:last-word", tokenizer, 128));
        }
    }

    private record Run(AblationResult result, List<String> variants, int plannedReadings) {

        Outcome outcome(String variant) {
            return variant.equals("original")
                    ? result.baseline()
                    : result.outcomes().get(variants.indexOf(variant));
        }
    }

    private static final TokenSet TOKENS = TokenSet.ofIds(List.of(new int[] {0, 431, 425, 262, 279, 442, 325, 258}));

    private static Run run(String name, String weight, long activationBytes, boolean withTasks) {
        Path folder = Path.of("models-sample", name);
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        List<Variant> variants = Ablations.variants(
                model,
                Ablations.weights(model, weight),
                Ablations.settings(Variant.Kind.REMOVE, Variant.Kind.MEAN, Variant.Kind.RESTORE, Variant.Kind.CONTROL));
        Ablation ablation = new Ablation(
                model,
                folder,
                TOKENS,
                withTasks ? tasks(folder) : List.of(),
                Optional.empty(),
                0,
                ActivationRows.within(model.architecture(), activationBytes));
        return new Run(
                ablation.run(variants, bytes -> {}),
                variants.stream().map(Variant::name).toList(),
                ablation.plan(variants.size()).readings());
    }

    private static JsonNode expected(String model, String variant, String name) throws IOException {
        String task = name.startsWith("builtin:")
                ? name
                : Path.of(name).getFileName().toString().replace(".jsonl", "");
        return new JsonMapper()
                .readTree(TASKS.resolve("expected.json").toFile())
                .path("results")
                .path(model)
                .path(variant)
                .get(task);
    }

    @ParameterizedTest
    @CsvSource({"super-weight-1.5m,1:57:123", "harmless-spike-1.1m,0:41:254"})
    void scoresAreThoseOfTheHarness(String model, String weight) throws IOException {
        Run run = run(model, weight, 2_000_000_000L, true);
        for (String[] variant : new String[][] {{"original", "original"}, {"remove-1", "removed"}}) {
            List<TaskScore> scores = run.outcome(variant[0]).tasks();
            assertThat(scores).extracting(TaskScore::items).containsExactly(40, 10, 12, 40);
            for (TaskScore score : scores) {
                JsonNode expected = expected(model, variant[1], score.name());
                assertEqual(score.accuracy(), expected.get("accuracy"));
                assertThat(score.accuracyNormalized().isPresent()).isEqualTo(expected.has("accuracyNormalized"));
                score.accuracyNormalized()
                        .ifPresent(normalized -> assertEqual(normalized, expected.get("accuracyNormalized")));
                assertThat(score.targetPerplexity().isPresent()).isEqualTo(expected.has("targetPerplexity"));
                score.targetPerplexity().ifPresent(perplexity -> {
                    JsonNode figures = expected.get("targetPerplexity");
                    assertThat(Math.log(perplexity.value()))
                            .isCloseTo(Math.log(figures.get("value").doubleValue()), within(1e-3));
                    assertThat(perplexity.standardError().orElseThrow() / perplexity.value())
                            .isCloseTo(figures.get("meanStandardError").doubleValue(), within(1e-3));
                });
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"super-weight-1.5m,1:57:123", "harmless-spike-1.1m,0:41:254"})
    void everyLikelihoodIsThatOfTheHarness(String name, String weight) throws IOException {
        Path folder = Path.of("models-sample", name);
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        List<Task> tasks = tasks(folder);
        TaskRequests requests = new TaskRequests(tasks);
        TaskBatch batch = requests.batches(Long.MAX_VALUE, 0).get(0);
        Sequences sequences = new Sequences(batch.sequences());
        Branch removed = Ablations.variants(
                        model, Ablations.weights(model, weight), Ablations.settings(Variant.Kind.REMOVE))
                .get(0)
                .branch(sequences.all());
        List<RequestResults> results =
                List.of(new RequestResults(requests.count()), new RequestResults(requests.count()));
        try (ForwardPass pass = new ForwardPass(model, sequences, bytes -> {})) {
            batch.score(pass.run(List.of(removed), Probe.NONE), List.of(pass.original(), removed), 0, results);
        }
        for (int branch = 0; branch < 2; branch++) {
            int request = 0;
            for (Task task : tasks) {
                JsonNode expected = expected(name, branch == 0 ? "original" : "removed", task.name());
                for (int i = 0; i < task.requests().size(); i++) {
                    assertThat(results.get(branch).logLikelihood(request))
                            .isCloseTo(expected.get("logLikelihoods").get(i).doubleValue(), within(1e-3));
                    assertThat(results.get(branch).isGreedy(request))
                            .isEqualTo(expected.get("greedy").get(i).booleanValue());
                    request++;
                }
            }
            assertThat(request).isEqualTo(requests.count());
        }
    }

    private static void assertEqual(Statistic statistic, JsonNode expected) {
        assertThat(statistic.value()).isCloseTo(expected.get("value").doubleValue(), within(1e-12));
        assertThat(statistic.standardError().orElseThrow())
                .isCloseTo(expected.get("standardError").doubleValue(), within(1e-12));
    }

    @Test
    void withoutTheSuperWeightTheModelDoesWorseAndRestoredAsWell() {
        Run run = run("super-weight-1.5m", "1:57:123", 2_000_000_000L, true);
        TaskScore before = run.outcome("original").tasks().get(0);
        TaskScore removed = run.outcome("remove-1").tasks().get(0);
        assertThat(removed.accuracy().value())
                .isLessThan(before.accuracy().value()
                        - 4 * before.accuracy().standardError().orElseThrow());
        assertThat(run.outcome("remove-1").tasks().get(3).accuracy().value()).isZero();
        for (String harmless : List.of("restore", "control-1")) {
            assertThat(run.outcome(harmless).tasks())
                    .extracting(score -> score.accuracy().value())
                    .isEqualTo(run.outcome("original").tasks().stream()
                            .map(score -> score.accuracy().value())
                            .toList());
        }
    }

    /** Rows of 20,480 bytes: 6 branches of a few hundred tokens; fewer variants; no more than one sequence. */
    @ParameterizedTest
    @ValueSource(longs = {20_000_000, 500_000, 1})
    void scoresAreTheSameInSeveralReadings(long activationBytes) {
        Run whole = run("super-weight-1.5m", "1:57:123", 2_000_000_000L, true);
        Run parts = run("super-weight-1.5m", "1:57:123", activationBytes, true);

        assertThat(whole.result().readings()).isEqualTo(1);
        assertThat(parts.result().readings()).isGreaterThan(5).isEqualTo(parts.plannedReadings());
        for (String variant : List.of("original", "remove-1", "restore", "control-3")) {
            Outcome one = whole.outcome(variant);
            Outcome other = parts.outcome(variant);
            assertThat(other.meanNll()).isCloseTo(one.meanNll(), within(1e-5));
            for (int task = 0; task < one.tasks().size(); task++) {
                TaskScore score = one.tasks().get(task);
                TaskScore again = other.tasks().get(task);
                assertThat(again.accuracy()).isEqualTo(score.accuracy());
                assertThat(again.accuracyNormalized()).isEqualTo(score.accuracyNormalized());
                assertThat(again.targetPerplexity().isPresent())
                        .isEqualTo(score.targetPerplexity().isPresent());
                score.targetPerplexity().ifPresent(perplexity -> assertThat(
                                Math.log(again.targetPerplexity().orElseThrow().value()))
                        .isCloseTo(Math.log(perplexity.value()), within(1e-4)));
            }
        }
    }

    @Test
    void allElseIsMeasuredAsWithoutTasks() {
        Run with = run("super-weight-1.5m", "1:57:123", 2_000_000_000L, true);
        Run without = run("super-weight-1.5m", "1:57:123", 2_000_000_000L, false);
        assertThat(without.outcome("remove-1").tasks()).isEmpty();
        assertThat(with.result().predictions()).isEqualTo(without.result().predictions());
        Stream.of("original", "remove-1", "mean-1", "restore").forEach(variant -> {
            Outcome one = with.outcome(variant);
            Outcome other = without.outcome(variant);
            assertThat(one.meanNll()).isCloseTo(other.meanNll(), within(1e-5));
            assertThat(one.klDivergence().value())
                    .isCloseTo(other.klDivergence().value(), within(1e-5));
            assertThat(one.entropy().value()).isCloseTo(other.entropy().value(), within(1e-5));
        });
    }
}
