package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.Models;
import io.github.swscan.text.task.TaskFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AblateTaskTest {

    @TempDir
    private Path folder;

    private Path report() {
        return folder.resolve("swscan-ablation.json");
    }

    private CommandRun ablate(Path model, String weight, String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "ablate",
                model.toString(),
                "--weight=" + weight,
                "--only=remove",
                "--max-tokens=200",
                "--report=" + report()));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(String[]::new));
    }

    @Test
    void accuraciesStandInTheTableAndInTheReport() throws IOException {
        Path own = Files.writeString(folder.resolve("own.jsonl"), "{\"text\": \"And the king said unto him\"}\n");

        CommandRun run = ablate(
                Models.CRITICAL,
                "1:57:123",
                "--task=builtin:choices",
                "--task=" + own,
                "--task=builtin:last-word",
                "--task=builtin:choices");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .containsPattern(
                        "original\n(.*\n)+ builtin:choices +72.5 % \\+- 7.1\n own.jsonl +100.0 %\n builtin:last-word +15.0 % \\+- 5.7\n")
                .containsPattern(
                        "#1 removed\n(.*\n)+ builtin:choices +55.0 % \\+- 8.0\n own.jsonl +0.0 %\n builtin:last-word +0.0 % \\+- 0.0\n")
                .contains("length-normalized");
        JsonNode json = new JsonMapper().readTree(report().toFile());
        assertThat(json.at("/variants/0/tasks").findValuesAsText("name"))
                .containsExactly("builtin:choices", own.toString(), "builtin:last-word");
        assertThat(json.at("/variants/0/tasks/0/accuracy/value").doubleValue()).isEqualTo(0.525);
        assertThat(json.at("/variants/0/tasks/1/accuracy/standardError").isNull())
                .isTrue();
        assertThat(json.at("/variants/0/tasks/2/accuracyNormalized").isNull()).isTrue();
        assertThat(json.at("/notes")).isEmpty();
    }

    @Test
    void textsThatAreCutOffAreTold() throws IOException {
        Path own = Files.writeString(
                folder.resolve("own.jsonl"),
                "{\"text\": \"%s to him\"}\n{\"text\": \"He said to him\"}\n".formatted("and he said ".repeat(60)));

        assertThat(ablate(Models.CRITICAL, "1:57:123", "--task=" + own).outUnbroken())
                .contains("Of the 2 texts of " + own + ", 1 are longer than the context and lost their beginning.");
    }

    @Test
    void withoutTasksTheTableHasNoColumnsForThem() {
        assertThat(ablate(Models.CRITICAL, "1:57:123").out())
                .containsPattern("stop words *\n")
                .doesNotContain("tasks:");
    }

    @Test
    void goTogetherWithTokenIds() throws IOException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[0, 5, 5, 7], [0, 2, 3]]");

        CommandRun run = ablate(Models.CRITICAL, "1:57:123", "--token-ids=" + ids, "--task=builtin:last-word");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("15.0 % +- 5.7");
    }

    @Test
    void needATokenizer() {
        ablate(Models.reference("llama"), "0:0:0", "--task=builtin:choices")
                .assertFailed(
                        ExitCode.UNUSABLE_INPUT,
                        "has no files of a tokenizer, so that tasks cannot be read; put the model's tokenizer.json beside");
    }

    @Test
    void aBadLineIsNamedBeforeAnythingIsRun() throws IOException {
        Path own = Files.writeString(folder.resolve("own.jsonl"), "{\"text\": \"to him\"}\n\n{\"text\": \"him\"}\n");

        ablate(Models.CRITICAL, "1:57:123", "--task=" + own)
                .assertFailed(ExitCode.UNUSABLE_INPUT, own + ": line 3: has no text before the last word");
        assertThat(report()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"builtin:", "builtin:nope", ""})
    void aTaskThatIsNoneIsWrongUsage(String task) {
        ablate(Models.CRITICAL, "1:57:123", "--task=" + task).assertFailed(ExitCode.WRONG_USAGE, "--task");
    }

    @Test
    void aMissingFileIsNamed() {
        ablate(Models.CRITICAL, "1:57:123", "--task=" + folder.resolve("none.jsonl"))
                .assertFailed(ExitCode.UNUSABLE_INPUT, "none.jsonl: does not exist");
    }

    @Test
    void theReportDoesNotReplaceATask() throws IOException {
        Files.writeString(report(), "{\"text\": \"to him\"}\n");

        ablate(Models.CRITICAL, "1:57:123", "--task=" + report())
                .assertFailed(ExitCode.WRONG_USAGE, "would replace the input");
    }

    @Test
    void helpNamesTheBuiltInTasks() {
        String help = CommandRun.of("help", "ablate").out().replaceAll("\\s+", " ");

        assertThat(TaskFile.BUILT_IN).allSatisfy(name -> assertThat(help).contains("builtin:" + name));
    }
}
