package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DetectOutputTest {

    private static final String ESCAPE = "\u001b";

    @TempDir
    private Path folder;

    @Test
    void tablesGoToStandardOutputWithoutEscapeCodes() throws IOException {
        CommandRun run = detect(Models.CRITICAL);

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("family      llama", "One weight carries this model", "Super weights", "critical")
                .endsWith("Report: " + report() + "\n")
                .doesNotContain(ESCAPE);
        assertThat(run.err()).doesNotContain(ESCAPE, "\r");
        assertThat(Models.files(folder)).containsExactly(report());
        assertThat(json().path("superWeights").path(0).path("verdict").textValue())
                .isEqualTo("critical");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--format=json", "--format=JSON", "--format=json --quiet", "-q --format=json --no-color"})
    void jsonOnStandardOutputIsTheReport(String options) throws IOException {
        CommandRun run = detect(Models.HARMLESS, options.split(" "));

        assertThat(run.code()).isZero();
        assertThat(run.out()).isEqualTo(Files.readString(report()));
        // On a busy machine the work takes long enough for its progress to be told.
        assertThat(run.err().lines()).allMatch(line -> line.contains(" % of "));
    }

    @Test
    void withoutControlWeightsThresholdsDecide() throws IOException {
        CommandRun run = detect(Models.CRITICAL, "--controls", "0");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("critical").doesNotContain("control (");
        assertThat(json().path("control").isNull()).isTrue();
        assertThat(json().at("/superWeights/0/verdict").textValue()).isEqualTo("critical");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-q", "--quiet"})
    void quietPrintsNothingAndWritesTheReport(String option) throws IOException {
        assertThat(detect(Models.HARMLESS, option)).isEqualTo(new CommandRun(0, "", ""));
        assertThat(json().path("superWeights")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "super-weight-1.5m, critical, 1",
        "super-weight-1.5m, HIGH, 1",
        "super-weight-1.5m, moderate, 1",
        "harmless-spike-1.1m, critical, 0",
        "harmless-spike-1.1m, high, 0",
        "harmless-spike-1.1m, moderate, 0"
    })
    void failOnDecidesTheExitCode(String model, String verdict, int code) {
        Path path = Path.of("models-sample", model);
        String line =
                "swscan: %s: policy violated: %s: weight 1:57:123\n".formatted(path, verdict.toLowerCase(Locale.ROOT));

        assertThat(detect(path, "-q", "--fail-on", verdict)).isEqualTo(new CommandRun(code, "", code == 0 ? "" : line));
        assertThat(report()).exists();
    }

    @Test
    void aStrongerVerdictThanAllThereAreIsNoViolation() {
        CommandRun run =
                detect(Models.CRITICAL, "-q", "--critical=1e300", "--high=1e200", "--moderate=1.05", "--fail-on=high");

        assertThat(run).isEqualTo(new CommandRun(0, "", ""));
    }

    @Test
    void anEarlierReportIsReplaced() throws IOException {
        Files.writeString(report(), "old".repeat(100_000));

        assertThat(detect(Models.HARMLESS, "-q").code()).isZero();
        assertThat(json().path("schemaVersion").textValue()).startsWith("2.");
    }

    @Test
    void aModelWithoutATokenizerIsGivenRandomTokensAndTheReportSaysSo() throws IOException {
        CommandRun run = detect(Models.reference("gpt2"));

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("random ids, for want of a tokenizer;");
        assertThat(json().path("run").path("tokenSource").textValue()).isEqualTo("synthetic");
    }

    @Test
    void coloursAreUsedWhereTheyAreWantedAndNotWithNoColor() {
        System.setProperty("picocli.ansi", "true");
        try {
            assertThat(detect(Models.CRITICAL).out()).contains(ESCAPE + "[");
            assertThat(detect(Models.CRITICAL, "--no-color").out()).doesNotContain(ESCAPE);
        } finally {
            System.clearProperty("picocli.ansi");
        }
    }

    @ParameterizedTest
    @CsvSource({"NO_COLOR, 1", "TERM, dumb"})
    void theEnvironmentIsHeeded(String variable, String value) throws IOException, InterruptedException {
        ProcessBuilder builder = ChildJvm.builder(
                folder,
                ChildJvm.command(
                        List.of(), "detect", Models.CRITICAL.toAbsolutePath().toString()));
        builder.environment().put("CLICOLOR_FORCE", "1");
        builder.environment().put(variable, value);

        CommandRun run = ChildJvm.finish(builder.start());

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("critical").doesNotContain(ESCAPE);
        assertThat(run.err().lines()).allMatch(line -> line.matches("swscan: \\d+ % of .* read.*"));
    }

    /** What a pipe to {@code head -1} does. */
    @Test
    void aReaderThatStopsReadingCausesNoNoise() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "\"$@\" | head -1", "sh"));
        command.addAll(ChildJvm.command(
                List.of(),
                "detect",
                Models.CRITICAL.toAbsolutePath().toString(),
                "--quiet",
                "--report=report.json",
                "--format=json"));

        CommandRun run = ChildJvm.finish(ChildJvm.builder(folder, command).start());

        assertThat(run).isEqualTo(new CommandRun(0, "{\n", ""));
        assertThat(report()).isNotEmptyFile();
    }

    private CommandRun detect(Path model, String... options) {
        List<String> arguments = new ArrayList<>(List.of("detect", model.toString(), "--report", report().toString()));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private Path report() {
        return folder.resolve("report.json");
    }

    private JsonNode json() throws IOException {
        return new ObjectMapper().readTree(report().toFile());
    }
}
