package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hook of {@code .pre-commit-hooks.yaml}, with a scanner that tells how it was called. */
@EnabledOnOs(OS.LINUX)
class PreCommitTest {

    private static final Path HOOK = Path.of("scripts", "pre-commit");

    @TempDir
    private Path folder;

    private Path repository;

    @BeforeEach
    void theHookIsCloned() throws IOException {
        Path scripts = Files.createDirectories(folder.resolve("clone/scripts"));
        Files.copy(HOOK, scripts.resolve("pre-commit"));
        Path swscan = Files.writeString(scripts.resolve("swscan"), """
                #!/bin/sh
                printf '%s\\n' "$@"
                exit 3
                """);
        Files.setPosixFilePermissions(swscan, PosixFilePermissions.fromString("rwx------"));
        repository = Files.createDirectories(folder.resolve("repository"));
        Files.createDirectories(repository.resolve("a model"));
        Files.writeString(repository.resolve("a model/config.json"), "{}");
    }

    /** The arguments of the scanner, without where it is told to leave its report. */
    private List<String> run(int expectedCode, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(folder.resolve("clone/scripts/pre-commit").toString()));
        command.addAll(List.of(arguments));
        CommandRun run = ChildJvm.finish(ChildJvm.builder(repository, command).start());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isEqualTo(expectedCode);
        List<String> told = new ArrayList<>(run.out().lines().toList());
        int report = told.indexOf("--report");
        if (report >= 0) {
            told.remove(report);
            assertThat(Path.of(told.remove(report))).isAbsolute().doesNotExist();
        }
        return told;
    }

    @Test
    void aModelIsScannedOnceHoweverManyOfItsFilesAreCommitted() throws IOException, InterruptedException {
        assertThat(run(
                        3,
                        "--fail-on=critical",
                        "--",
                        "a model/x-00001.safetensors",
                        "a model/x-00002.safetensors",
                        "b.gguf"))
                .containsExactly("detect", "--quiet", "--fail-on=critical", "--", "a model", "b.gguf");
        assertThat(repository).isDirectoryNotContaining("glob:**swscan**");
    }

    @Test
    void aFileWhoseNameBeginsWithADashIsNoOption() throws IOException, InterruptedException {
        assertThat(run(3, "--", "--version.gguf", "$(touch hurt).pt"))
                .containsExactly("detect", "--quiet", "--", "--version.gguf", "$(touch hurt).pt");
    }

    @Test
    void withoutFilesNothingIsScanned() throws IOException, InterruptedException {
        assertThat(run(0, "--fail-on=critical", "--")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "a/model.safetensors, true",
        "model.Q4_0.gguf, true",
        "pytorch_model.bin, true",
        "x.pt, true",
        "x.pth, true",
        "model.safetensors.index.json, false",
        "x.binary, false",
        "safetensors, false"
    })
    void filesOfWeightsAreLookedAt(String name, boolean isLookedAt) throws IOException {
        String hooks = Files.readString(Path.of(".pre-commit-hooks.yaml"));
        String files = Arrays.stream(hooks.split("\n"))
                .filter(line -> line.startsWith("  files: "))
                .map(line -> line.substring("  files: ".length()))
                .findFirst()
                .orElseThrow();

        assertThat(Pattern.compile(files).matcher(name).find()).isEqualTo(isLookedAt);
        assertThat(hooks).contains("entry: " + HOOK).contains("language: script");
        assertThat(HOOK).isExecutable();
    }
}
