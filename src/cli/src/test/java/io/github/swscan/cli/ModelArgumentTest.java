package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelArgumentTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"a model", "-model", "model's $HOME", "model.safetensors", "100%d", "@|bold x|@", "~"})
    void anyNameOfAFolder(String name) throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve(name));

        CommandRun run = CommandRun.of("inspect", model.toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("model       " + model + "\n", "family      llama");
        assertThat(run.code()).isZero();
    }

    static Stream<String> waysToNameAShardedModel() {
        String model = Models.reference("llama-sharded3").toString();
        return Stream.of(
                model,
                model + "/",
                model + "//",
                "./" + model,
                model + "/../llama-sharded3",
                Path.of(model).toAbsolutePath().toString(),
                model + "/model.safetensors.index.json",
                model + "/model-00001-of-00003.safetensors",
                model + "/model-00003-of-00003.safetensors");
    }

    @ParameterizedTest
    @MethodSource("waysToNameAShardedModel")
    void aShardedModel(String name) {
        assertThat(CommandRun.of("inspect", name).out())
                .contains(
                        "parameters  36,384\n",
                        " model-00001-of-00003.safetensors ",
                        " model-00003-of-00003.safetensors ");
    }

    @Test
    void aWeightsFileStandsForItself() {
        assertThat(CommandRun.of("inspect", Models.CRITICAL + "/model.safetensors")
                        .out())
                .contains("family      llama\n", "tokenizer   tokenizer.json\n");
    }

    static Stream<String> waysToNameAModelInTheCache() {
        String snapshot = "snapshots/1a2b3c";
        return Stream.of("", snapshot, snapshot + "/model.safetensors");
    }

    @ParameterizedTest
    @MethodSource("waysToNameAModelInTheCache")
    @DisabledOnOs(OS.WINDOWS)
    void aModelInTheCacheOfTheHuggingFaceLibraries(String name) throws IOException {
        Path cache = folder.resolve("models--organization--llama");
        Path blobs = Models.copy(Models.reference("llama"), cache.resolve("blobs"));
        Path snapshot = Files.createDirectories(cache.resolve("snapshots/1a2b3c"));
        for (Path file : Models.files(blobs)) {
            Path blob = Files.move(file, blobs.resolve(Integer.toHexString(file.hashCode())));
            Files.createSymbolicLink(
                    snapshot.resolve(file.getFileName()), Path.of("../../blobs").resolve(blob.getFileName()));
        }
        Files.writeString(Files.createDirectories(cache.resolve("refs")).resolve("main"), "1a2b3c");

        CommandRun run = CommandRun.of("inspect", cache.resolve(name).toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("family      llama", " model.safetensors ");
        assertThat(run.code()).isZero();
    }

    /** As the Hugging Face libraries keep it; a folder of that name in the working folder comes first. */
    @Test
    void theNameOfAModelInTheCache() throws IOException, InterruptedException {
        Path snapshots = Files.createDirectories(folder.resolve("hub/models--org--name/snapshots"));
        Models.copy(Models.reference("llama"), snapshots.resolve("abc"));
        Path refs = Files.createDirectory(snapshots.resolveSibling("refs"));
        Files.writeString(refs.resolve("main"), "abc");

        CommandRun found = inspectFromHub("org/name");
        CommandRun missing = inspectFromHub("org/other");
        Models.copy(Models.reference("gpt2"), folder.resolve("org/name"));

        assertThat(found.err()).isEmpty();
        assertThat(found.out()).contains("model       org/name\n", "family      llama");
        missing.assertFailed(
                3,
                "swscan: org/other: is neither a path nor a model in the Hugging Face cache (",
                "; run 'hf download org/other', or check the path");
        assertThat(inspectFromHub("org/name").out()).contains("family      gpt2");
    }

    private CommandRun inspectFromHub(String name) throws IOException, InterruptedException {
        ProcessBuilder builder = ChildJvm.builder(folder, ChildJvm.command(List.of(), "inspect", name));
        builder.environment().put("HF_HUB_CACHE", folder.resolve("hub").toString());
        return ChildJvm.finish(builder.start());
    }

    @Test
    void whatIsNoModelIsToldClearly() {
        CommandRun.of("inspect", Models.CRITICAL.resolve("config.json").toString())
                .assertFailed(3, "describes a model and holds no weights; name the folder that it is in");
        CommandRun.of("inspect", "https://huggingface.co/org/name")
                .assertFailed(2, "'https://huggingface.co/org/name' is a URL", "download it first");
    }

    @Test
    void aWeightsFileWithItsConfigElsewhere() throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));
        Path config = Files.move(model.resolve("config.json"), folder.resolve("elsewhere.json"));
        String weights = model.resolve("model.safetensors").toString();

        assertThat(CommandRun.of("inspect", weights, "--config", config.toString())
                        .out())
                .contains("family      llama");
        CommandRun.of("inspect", weights)
                .assertFailed(3, model + ": config.json: is missing;", "name it with --config FILE");
    }

    @Test
    void weightsFilesThatAreLeftAsideAreNamed() throws IOException {
        Path model = Models.copy(Models.HARMLESS, folder.resolve("model"));
        Files.createFile(model.resolve("pytorch_model.bin"));
        Path report = folder.resolve("report.json");
        String note =
                "The weights are those of \"model.safetensors\"; other weights files in the folder were left aside:"
                        + " \"pytorch_model.bin\".";

        CommandRun inspected = CommandRun.of("inspect", model.toString());
        CommandRun scanned = CommandRun.of("detect", model.toString(), "--report", report.toString());

        assertThat(inspected.outUnbroken()).contains(note);
        assertThat(scanned.outUnbroken()).contains(note);
        assertThat(new ObjectMapper().readTree(report.toFile()).at("/notes/0").textValue())
                .isEqualTo(note);
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "link/", "link/model.safetensors"})
    void aLinkToAFolder(String name) throws IOException {
        Models.copy(Models.reference("llama"), folder.resolve("model"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("model"));

        assertThat(CommandRun.of("inspect", folder + "/" + name).code()).isZero();
    }

    @ParameterizedTest
    @CsvSource({".", "./", "model.safetensors", "../model"})
    void aNameRelativeToTheCurrentFolder(String name) throws IOException, InterruptedException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));

        CommandRun run = ChildJvm.run(model, "inspect", name);

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("family      llama");
        assertThat(run.code()).isZero();
    }

    /** Whatever the encoding of texts is. The shell makes the names, as this process may not be able to. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void namesThatAreNotAscii() throws IOException, InterruptedException {
        String script = "name=$(printf 'mod\\303\\250le \\346\\250\\241') && mkdir \"$name\" && cp \"$1\"/* \"$name\""
                + " && shift && exec \"$@\" \"$name\" --report \"$name/report.json\"";
        List<String> command = new ArrayList<>(List.of("sh", "-c", script));
        command.addAll(List.of("sh", Models.HARMLESS.toAbsolutePath().toString()));
        command.addAll(ChildJvm.command(List.of("-Dfile.encoding=ISO-8859-1"), "detect", "--format=json", "-q"));
        ProcessBuilder builder = ChildJvm.builder(folder, command);
        builder.environment().put("LC_ALL", "C.UTF-8");

        CommandRun run = ChildJvm.finish(builder.start());

        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("\"path\" : \"mod\u00e8le \u6a21\"");
        ProcessBuilder reading = new ProcessBuilder("sh", "-c", "cat */report.json").directory(folder.toFile());
        assertThat(new String(reading.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(run.out());
    }
}
