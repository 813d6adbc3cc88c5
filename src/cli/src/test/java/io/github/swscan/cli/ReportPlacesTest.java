package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where reports go. */
class ReportPlacesTest {

    private static final Path MODEL = Models.HARMLESS.toAbsolutePath();
    private static final Path OTHER = Models.CRITICAL.toAbsolutePath();
    private static final List<String> ABLATE =
            List.of("ablate", OTHER.toString(), "--weight=1:57:123", "--only=remove", "--generate=0");

    @TempDir
    private Path folder;

    /** The second of them is made; where a file is named that does not end in .json, it is a file all the same. */
    @ParameterizedTest
    @CsvSource({
        "there, there/harmless-spike-1.1m.swscan-report.json",
        "made/of/two/, made/of/two/harmless-spike-1.1m.swscan-report.json",
        "report, report",
        "report.json, report.json"
    })
    void ofOneModelIsAFolderIfItIsThereOrSaysSo(String given, String report) throws IOException {
        Files.createDirectory(folder.resolve("there"));

        CommandRun run = detect(MODEL, "--report", folder + "/" + given);

        assertThat(run.code()).isZero();
        assertThat(run.out()).endsWith("Report: " + folder.resolve(report) + "\n");
        try (Stream<Path> all = Files.walk(folder)) {
            assertThat(all.filter(Files::isRegularFile)).containsExactly(folder.resolve(report));
        }
    }

    @Test
    void ofOneModelAndOfSeveralHaveTheSameNamesInAFolder() {
        Path reports = folder.resolve("reports/");

        assertThat(detect(MODEL, "--report", reports + "/", "-q").code()).isZero();
        assertThat(detect(MODEL, OTHER.toString(), "--report", reports.toString(), "-q")
                        .code())
                .isZero();

        assertThat(Models.files(reports))
                .containsExactly(
                        reports.resolve("harmless-spike-1.1m.swscan-report.json"),
                        reports.resolve("super-weight-1.5m.swscan-report.json"));
    }

    @Test
    void ofAnAblationIsAFolderToo() {
        CommandRun run = ablate("-q", "--report", folder.toString());

        assertThat(run).isEqualTo(new CommandRun(0, "", ""));
        assertThat(Models.files(folder)).containsExactly(folder.resolve("super-weight-1.5m.swscan-ablation.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--report=-", "--format=json", "--report=- --format=json --quiet"})
    void onStandardOutputIsInNoFile(String options) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("detect", MODEL.toString(), "--max-tokens=64"));
        arguments.addAll(List.of(options.split(" ")));

        CommandRun run = ChildJvm.run(folder, arguments.toArray(String[]::new));

        assertThat(run.code()).isZero();
        assertThat(new ObjectMapper().readTree(run.out()).at("/model/family").textValue())
                .isEqualTo("llama");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void ofAnAblationMayBeStandardOutput() throws IOException {
        CommandRun run = ablate("--report=-");

        assertThat(run.code()).isZero();
        assertThat(new ObjectMapper().readTree(run.out()).path("variants")).hasSize(1);
        assertThat(Path.of("-")).doesNotExist();
    }

    @Test
    void ofSeveralModelsOnStandardOutputAreALineEach() {
        CommandRun run = detect(MODEL, OTHER.toString(), "--report=-");

        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).hasSize(2).allMatch(line -> line.startsWith("{"));
    }

    /** In /proc not even a privileged user can make a file. */
    @ParameterizedTest
    @ValueSource(strings = {"detect", "ablate"})
    @EnabledOnOs(OS.LINUX)
    void aDefaultPlaceThatCannotBeWrittenIsNoFailure(String command) throws IOException, InterruptedException {
        List<String> arguments =
                command.equals("detect") ? List.of("detect", MODEL.toString(), "--max-tokens=64") : ABLATE;

        CommandRun run = ChildJvm.run(Path.of("/proc"), arguments.toArray(String[]::new));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.withoutProgress().err())
                .matches("swscan: note: no report is kept: swscan-[a-z]+.json: cannot be written: [^\n]+; "
                        + "--report FILE names another place\n");
        assertThat(run.out()).contains("family ").doesNotContain("Report:");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void jsonNeedsNoPlace() throws IOException, InterruptedException {
        CommandRun run =
                ChildJvm.run(Path.of("/proc"), "detect", MODEL.toString(), "--max-tokens=64", "--format=json", "-q");

        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("{");
    }

    private static CommandRun detect(Path model, String... options) {
        List<String> arguments = new ArrayList<>(List.of("detect", model.toString(), "--max-tokens=64"));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static CommandRun ablate(String... options) {
        List<String> arguments = new ArrayList<>(ABLATE);
        arguments.addAll(List.of("--max-tokens=64"));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }
}
