package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.fixture.FileChange;
import io.github.swscan.fixture.Models;
import io.github.swscan.input.ChangedInputException;
import io.github.swscan.scan.OpenModel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Files that change while they are read. A scan opens the model before the pipe that its token ids or prompts come from:
 * what happens before anything is written into that happens in the middle of the scan.
 */
@DisabledOnOs(OS.WINDOWS)
class ChangedInputTest {

    private static final String IDS = "[[1, 5, 5, 7, 2, 9], [1, 2, 3, 8]]";
    private static final String PROMPT = "The sea was calm.";

    @TempDir
    private Path folder;

    private Path pipe;

    private Path report;

    @BeforeEach
    void makePipe() throws IOException, InterruptedException {
        pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        report = Files.writeString(folder.resolve("report.json"), "old");
    }

    @ParameterizedTest
    @EnumSource(FileChange.class)
    void detectReportsNothing(FileChange change) throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path weights = model.resolve("model.safetensors");

        CommandRun run = runWhile(
                () -> change.to(weights), IDS, "detect", model.toString(), "--token-ids=" + pipe, "--report=" + report);

        assertRefused(run, weights);
    }

    @ParameterizedTest
    @EnumSource(FileChange.class)
    void ablateReportsNothingAndLeavesNoCopy(FileChange change) throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path weights = model.resolve("model.safetensors");

        CommandRun run = runWhile(
                () -> change.to(weights),
                IDS,
                "ablate",
                model.toString(),
                "--weight=1:57:123",
                "--only=remove",
                "--token-ids=" + pipe,
                "--report=" + report,
                "--save-edited=" + folder.resolve("copy"));

        assertRefused(run, weights);
        assertThat(Models.files(folder)).containsExactly(model, pipe, report);
    }

    @ParameterizedTest
    @CsvSource({"detect, table", "detect, json", "ablate, table", "ablate, json"})
    void neitherTableNorJsonIsPrinted(String command, String format) throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path weights = model.resolve("model.safetensors");

        assertRefused(
                runWhile(
                        () -> FileChange.REPLACED_BY_ITS_LIKE.to(weights),
                        PROMPT,
                        command,
                        model.toString(),
                        "--prompts=" + pipe,
                        "--report=" + report,
                        "--format=" + format),
                weights);
    }

    @ParameterizedTest
    @CsvSource({"llama-sharded3, config.json", "llama-sharded3, model.safetensors.index.json"})
    void anyFileOfTheModelCounts(String reference, String name) throws IOException {
        Path model = Models.copy(Models.reference(reference), folder.resolve("model"));
        List<Path> files = new ArrayList<>(List.of(model.resolve(name)));
        Models.files(model).stream()
                .filter(file -> file.toString().endsWith(".safetensors"))
                .forEach(files::add);
        assertThat(files).hasSize(4);

        for (Path file : files) {
            CommandRun run = runWhile(
                    () -> FileChange.WRITTEN_TO_AND_TIME_SET_BACK.to(file),
                    IDS,
                    "detect",
                    model.toString(),
                    "--token-ids=" + pipe,
                    "--report=" + report);

            assertRefused(run, file);
            Models.files(model).forEach(ChangedInputTest::delete);
            Models.copy(Models.reference(reference), model);
        }
    }

    private static void replace(Path file, Path other) {
        try {
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void soDoTheTokenizerAndWhatOptionsName() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path config = Files.move(model.resolve("config.json"), folder.resolve("other-config.json"));
        Path text = Files.writeString(folder.resolve("text.txt"), "It was a bright day. ".repeat(50));

        for (Path file : List.of(model.resolve("tokenizer.json"), config, text)) {
            CommandRun run = runWhile(
                    () -> FileChange.REPLACED_BY_ITS_LIKE.to(file),
                    PROMPT,
                    "detect",
                    model.toString(),
                    "--config=" + config,
                    "--text=" + text,
                    "--prompts=" + pipe,
                    "--report=" + report);

            assertRefused(run, file);
        }
    }

    /** As the cache of the Hugging Face libraries holds a model. */
    @Test
    void aLinkThatLeadsElsewhereIsAChange() throws IOException {
        Path blobs = Models.copy(Models.CRITICAL, folder.resolve("cache").resolve("blobs"));
        Path snapshot = Files.createDirectories(folder.resolve("cache/snapshots/main"));
        for (Path blob : Models.files(blobs)) {
            Files.createSymbolicLink(snapshot.resolve(blob.getFileName()), blob);
        }
        Path weights = snapshot.resolve("model.safetensors");
        Path other = Files.copy(weights, folder.resolve("other"));

        CommandRun run = runWhile(
                () -> {
                    delete(weights);
                    link(weights, other);
                },
                IDS,
                "detect",
                folder.resolve("cache").toString(),
                "--token-ids=" + pipe,
                "--report=" + report);

        assertRefused(run, weights);
    }

    private static void link(Path link, Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatAPipeGivesIsNoChange() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));

        CommandRun run =
                runWhile(() -> {}, IDS, "detect", model.toString(), "-q", "--token-ids=" + pipe, "--report=" + report);

        assertThat(run.withoutProgress()).isEqualTo(new CommandRun(0, "", ""));
    }

    @ParameterizedTest
    @EnumSource(names = {"WRITTEN_TO", "SHORTER"})
    void ofSeveralModelsTheOthersAreScanned(FileChange change) throws IOException {
        Path first = Models.copy(Models.CRITICAL, folder.resolve("first"));
        Path second = Models.copy(Models.HARMLESS, folder.resolve("second"));
        Path weights = first.resolve("model.safetensors");
        Path reports = folder.resolve("reports");
        Path ids = Files.writeString(folder.resolve("ids"), IDS);
        CompletableFuture<Void> changing = feed(
                () -> {
                    change.to(weights);
                    // Whoever comes next finds the ids in a file: it might share a pipe with the one before.
                    replace(pipe, ids);
                },
                IDS);

        CommandRun run = CommandRun.of(
                "detect", first.toString(), second.toString(), "--token-ids=" + pipe, "--report=" + reports);
        changing.orTimeout(60, TimeUnit.SECONDS).join();

        assertThat(run.withoutProgress().err())
                .isEqualTo("swscan: " + weights
                        + ": changed while it was read; scan it again when nothing writes to it\n");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out()).contains("All models", "1 of 2 models scanned: ", ", 1 failed; standard error says why");
        assertThat(Models.files(reports)).containsExactly(reports.resolve("second.swscan-report.json"));
    }

    /** Whoever reads a model does so here; inspect, too, prints only what it got. */
    @ParameterizedTest
    @EnumSource(FileChange.class)
    void nothingIsToldOfAModelThatChangedMeanwhile(FileChange change) throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Path weights = model.resolve("model.safetensors");

        assertThatExceptionOfType(ChangedInputException.class)
                .isThrownBy(() -> OpenModel.read(model.toString(), "", opened -> {
                    change.to(weights);
                    return opened.size();
                }))
                .withMessageStartingWith(weights.toString());
    }

    private void assertRefused(CommandRun run, Path file) {
        run.withoutProgress()
                .assertFailed(
                        3,
                        "swscan: " + file + ": changed while it was read; scan it again when nothing writes to it\n");
        assertThat(report).hasContent("old");
    }

    /** Runs the program, does something once it opens the pipe, and only then gives it what it waits for. */
    private CommandRun runWhile(Runnable change, String content, String... arguments) {
        CompletableFuture<Void> changing = feed(change, content);
        CommandRun run = CommandRun.of(arguments);
        changing.orTimeout(60, TimeUnit.SECONDS).join();
        return run;
    }

    private CompletableFuture<Void> feed(Runnable change, String content) {
        return CompletableFuture.runAsync(
                () -> {
                    // Waits for the reader.
                    try (OutputStream open = Files.newOutputStream(pipe, StandardOpenOption.WRITE)) {
                        change.run();
                        open.write(content.getBytes(StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                task -> {
                    Thread thread = new Thread(task, "feed");
                    thread.setDaemon(true);
                    thread.start();
                });
    }
}
