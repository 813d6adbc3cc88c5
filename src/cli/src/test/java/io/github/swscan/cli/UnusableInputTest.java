package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnusableInputTest {

    private static final String OLD_REPORT = "{\"of\": \"an earlier run\"}";

    @TempDir
    private Path folder;

    /** Makes a model unusable. */
    private interface Damage {
        void to(Path model) throws IOException;
    }

    private record Case(Path of, Damage damage, String complaint) {}

    private static Named<Case> damaged(String name, String of, String complaint, Damage damage) {
        return Named.of(name, new Case(Models.reference(of), damage, complaint));
    }

    static Stream<Named<Case>> weights() {
        return Stream.of(
                damaged("missing folder", "llama", "model: does not exist; check the path", model -> {
                    for (Path file : Models.files(model)) {
                        Files.delete(file);
                    }
                    Files.delete(model);
                }),
                damaged("empty folder", "llama", "model: holds no safetensors, PyTorch or GGUF file", model -> {
                    for (Path file : Models.files(model)) {
                        Files.delete(file);
                    }
                }),
                damaged(
                        "no config.json",
                        "llama",
                        "config.json: is missing; it says what the model is; name it with --config FILE",
                        model -> Files.delete(model.resolve("config.json"))),
                damaged(
                        "config.json is no JSON",
                        "llama",
                        "config.json: is not",
                        model -> Files.writeString(model.resolve("config.json"), "{\"model_type\": ")),
                damaged(
                        "config.json of another model",
                        "llama",
                        "",
                        model -> Files.writeString(
                                model.resolve("config.json"),
                                Files.readString(model.resolve("config.json"))
                                        .replace("\"hidden_size\": 32", "\"hidden_size\": 64"))),
                damaged("config.json is a folder", "llama", "config.json: is a folder, not a file", model -> {
                    Files.delete(model.resolve("config.json"));
                    Files.createDirectory(model.resolve("config.json"));
                }),
                damaged(
                        "a shard is missing",
                        "llama-sharded3",
                        "model-00002-of-00003.safetensors",
                        model -> Files.delete(model.resolve("model-00002-of-00003.safetensors"))),
                damaged(
                        "only weights of another format",
                        "llama",
                        "\"model.onnx\", a model of ONNX, which is not supported",
                        model -> Files.move(model.resolve("model.safetensors"), model.resolve("model.onnx"))),
                damaged(
                        "header is no JSON",
                        "llama",
                        "model.safetensors",
                        model -> overwrite(model.resolve("model.safetensors"), 8, new byte[] {'}'})));
    }

    @ParameterizedTest
    @MethodSource("weights")
    void isToldInOneLineAndLeavesTheOldReportAlone(Case unusable) throws IOException {
        Path model = Models.copy(unusable.of(), folder.resolve("model"));
        unusable.damage().to(model);

        assertUnusable(List.of(model.toString()), model.toString(), unusable.complaint());
    }

    @ParameterizedTest
    @MethodSource("weights")
    void isToldByInspectAsWell(Case unusable) throws IOException {
        Path model = Models.copy(unusable.of(), folder.resolve("model"));
        unusable.damage().to(model);

        CommandRun.of("inspect", model.toString()).assertFailed(3, "swscan: ", unusable.complaint());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer.json", "tokenizer_config.json"})
    void aFileOfAnotherKindInPlaceOfTheModel(String name) throws IOException {
        assertUnusable(
                List.of(Models.CRITICAL.resolve(name).toString()),
                name + ": is JSON text, such as a server answers with or a model is described by");
    }

    @Test
    void aDeviceInPlaceOfTheModel() throws IOException {
        assertUnusable(List.of("/dev/null"), "/dev/null: is not a");
    }

    @Test
    void moreTokenIdsThanPositions() throws IOException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 2], " + Arrays.toString(new int[65]) + "]");

        assertUnusable(
                List.of(Models.reference("gpt2").toString(), "--token-ids", ids.toString()),
                "ids.json: sequence 1: has 65 tokens, but the model has only 64 positions");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--token-ids", "--text", "--prompts", "--config"})
    void aFileThatIsNotThere(String option) throws IOException {
        assertUnusable(List.of(Models.CRITICAL.toString(), option, "no-such-file"), "no-such-file: does not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--token-ids", "--text", "--prompts", "--config"})
    void aFolderInPlaceOfAFile(String option) throws IOException {
        assertUnusable(
                List.of(Models.CRITICAL.toString(), option, folder.toString()), folder + ": is a folder, not a file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--text", "--prompts"})
    void textThatIsNotUtf8(String option) throws IOException {
        Path file = Files.write(folder.resolve("latin1.txt"), new byte[] {'n', (byte) 0xe9, 'e'});

        assertUnusable(List.of(Models.CRITICAL.toString(), option, file.toString()), "latin1.txt: is not valid UTF-8");
    }

    @Test
    void anEmptyText() throws IOException {
        Path file = Files.createFile(folder.resolve("text.txt"));

        assertUnusable(List.of(Models.CRITICAL.toString(), "--text", file.toString()), "text.txt: holds no text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n \n", "# nothing but a comment\n"})
    void promptsWithoutAPrompt(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("prompts.txt"), content);

        assertUnusable(
                List.of(Models.CRITICAL.toString(), "--prompts", file.toString()),
                "prompts.txt: holds no prompt; write one a line");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--prompt", "--prompts", "--text"})
    void textWithoutATokenizer(String option) throws IOException {
        assertUnusable(
                List.of(Models.reference("llama").toString(), option, "x"),
                "has no files of a tokenizer",
                "give --token-ids FILE");
    }

    @Test
    void aNameThatWouldBreakTheLineOrTheTerminal() throws IOException {
        assertUnusable(List.of("a\nb\u001b[31m\u202e"), "a\\u000ab\\u001b[31m\\u202e: does not exist");
    }

    @Test
    void configNamesAConfigThatLiesElsewhere() throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));
        Path config = Files.move(model.resolve("config.json"), folder.resolve("elsewhere.json"));

        CommandRun run = CommandRun.of("inspect", model.toString(), "--config", config.toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("family      llama");
        assertThat(run.code()).isZero();
    }

    private void assertUnusable(List<String> arguments, String... parts) throws IOException {
        Path report = Files.writeString(folder.resolve("report.json"), OLD_REPORT);
        List<Path> before = Models.files(folder);
        List<String> all = new ArrayList<>(List.of("detect", "--report", report.toString()));
        all.addAll(arguments);

        CommandRun run = CommandRun.of(all.toArray(String[]::new));

        run.assertFailed(3, parts);
        assertThat(run.err()).startsWith("swscan: ");
        assertThat(report).hasContent(OLD_REPORT);
        assertThat(Models.files(folder)).isEqualTo(before);
    }

    private static void overwrite(Path file, int at, byte[] with) throws IOException {
        byte[] content = Files.readAllBytes(file);
        System.arraycopy(with, 0, content, at, with.length);
        Files.write(file, content);
    }
}
