package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeveralModelsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path PLANTED = TestResources.at("planted");

    @TempDir
    private Path folder;

    /** Of several families, with and without a tokenizer, and with more jobs than models. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16})
    void reportsAreThoseOfSingleScans(int jobs) throws IOException {
        List<Path> models = new ArrayList<>(List.of(Models.CRITICAL, Models.HARMLESS, Models.reference("gpt2")));
        models.addAll(Models.files(PLANTED).stream().filter(Files::isDirectory).toList());

        CommandRun run = detect(models, "--jobs", Integer.toString(jobs), "--threads", "1");

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(reports()).hasSameSizeAs(models);
        for (Path model : models) {
            Path alone = folder.resolve("alone.json");
            assertThat(CommandRun.of("detect", model.toString(), "-q", "--threads", "1", "--report", alone.toString())
                            .code())
                    .isZero();
            assertThat(comparable(report(model.getFileName().toString()))).isEqualTo(comparable(alone));
            Files.delete(alone);
        }
    }

    @Test
    void aSummaryAlone() {
        CommandRun run = detect(List.of(Models.HARMLESS, Models.CRITICAL), "--jobs=2");

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .startsWith("All models\n")
                .containsSubsequence("none", Models.HARMLESS.toString(), "critical", Models.CRITICAL.toString())
                .endsWith("2 models scanned: 1 critical, 1 none\nReports: " + reportFolder()
                        + "/NAME.swscan-report.json\n");
        assertThat(run.out().lines()).hasSizeLessThan(10);
        assertThat(run.withoutProgress().err()).isEmpty();
    }

    @Test
    void tablesOfEachModelInTheOrderGivenIfAllIsAskedFor() {
        CommandRun run = detect(List.of(Models.HARMLESS, Models.CRITICAL), "--jobs=2", "--all");

        assertThat(run.out())
                .containsSubsequence(
                        "model       " + Models.HARMLESS,
                        "No super weight: removing any of the 24 tested weights does next to nothing.",
                        "model       " + Models.CRITICAL,
                        "Super weights",
                        "All models");
    }

    /** As a pattern such as models/* gives them. */
    @Test
    void filesThatAreNoModelsAreSkipped() throws IOException {
        Path readme = Files.writeString(folder.resolve("README.md"), "text");
        Path json = Files.writeString(folder.resolve("list.json"), "{}");

        CommandRun run = detect(List.of(readme, Models.HARMLESS, json), "--max-tokens=64");

        assertThat(run.code()).isZero();
        assertThat(run.withoutProgress().err())
                .isEqualTo("swscan: note: skipped, for no model is in such a file: \"README.md\", \"list.json\"\n");
        assertThat(run.out()).contains("1 model scanned: 1 none");
        assertThat(reports()).containsExactly(report("harmless-spike-1.1m"));
    }

    @Test
    void filesThatAreNoModelsFailWhereThereIsNothingElse() throws IOException {
        Path readme = Files.writeString(folder.resolve("README.md"), "text");
        Path text = Files.writeString(folder.resolve("a.txt"), "text");

        CommandRun run = detect(List.of(readme, text));

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err().lines()).hasSize(2).allMatch(line -> line.contains("is not a safetensors"));
    }

    @Test
    void aModelThatFailsDoesNotStopTheOthers() throws IOException {
        Path broken = Models.copy(Models.CRITICAL, folder.resolve("broken"));
        Files.writeString(broken.resolve("config.json"), "{");

        CommandRun run = detect(
                List.of(Path.of("no-such-model"), Models.CRITICAL, broken, Models.HARMLESS),
                "--jobs=2",
                "--fail-on=critical");

        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("swscan: no-such-model: does not exist; check the path"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "swscan: " + Models.CRITICAL + ": policy violated: critical: weight 1:57:123"),
                        line -> assertThat(line).startsWith("swscan: " + broken.resolve("config.json") + ": "));
        assertThat(run.out())
                .contains("no-such-model", "failed", "2 of 4 models scanned: 1 critical, 1 none, 2 failed");
        assertThat(reports())
                .extracting(path -> path.getFileName().toString())
                .containsExactly("harmless-spike-1.1m.swscan-report.json", "super-weight-1.5m.swscan-report.json");
    }

    @Test
    void aViolatedPolicyOfOneModelIsOneOfAll() {
        assertThat(detect(List.of(Models.CRITICAL, Models.HARMLESS), "-q", "--fail-on=high"))
                .isEqualTo(new CommandRun(
                        1, "", "swscan: " + Models.CRITICAL + ": policy violated: high: weight 1:57:123\n"));
        assertThat(reports()).hasSize(2);
    }

    @Test
    void jsonIsALineForEachModelAndForEachFailure() throws IOException {
        CommandRun run = detect(
                List.of(Models.HARMLESS, Path.of("no-such-model"), Models.CRITICAL), "--format=json", "--jobs=3");

        assertThat(run.code()).isEqualTo(3);
        List<JsonNode> lines = new ArrayList<>();
        for (String line : run.out().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0))
                .isEqualTo(JSON.readTree(report("harmless-spike-1.1m").toFile()));
        assertThat(lines.get(1).path("model").path("path").textValue()).isEqualTo("no-such-model");
        assertThat(lines.get(1).path("error").path("exitCode").intValue()).isEqualTo(3);
        assertThat(lines.get(1).path("error").path("message").textValue())
                .isEqualTo("no-such-model: does not exist; check the path");
        assertThat(lines.get(2))
                .isEqualTo(JSON.readTree(report("super-weight-1.5m").toFile()));
    }

    @Test
    void modelsOfTheSameNameGetReportsOfTheirOwn() throws IOException {
        Path one = Models.copy(Models.HARMLESS, folder.resolve("one").resolve("model"));
        Path other = Models.copy(Models.HARMLESS, folder.resolve("other").resolve("model"));

        assertThat(detect(List.of(one, other), "-q").code()).isZero();
        assertThat(report("one-model")).exists();
        assertThat(report("other-model")).exists();
    }

    @Test
    void withoutAFolderReportsGoToTheWorkingFolderAndAblateTakesTheNewest() throws IOException, InterruptedException {
        List<String> detect = ChildJvm.command(
                List.of(),
                "detect",
                Models.CRITICAL.toAbsolutePath().toString(),
                Models.HARMLESS.toAbsolutePath().toString(),
                "-q");
        assertThat(ChildJvm.finish(ChildJvm.builder(folder, detect).start())).isEqualTo(new CommandRun(0, "", ""));
        assertThat(Models.files(folder))
                .containsExactly(
                        folder.resolve("harmless-spike-1.1m.swscan-report.json"),
                        folder.resolve("super-weight-1.5m.swscan-report.json"));

        CommandRun ablation = ChildJvm.run(folder, "ablate", "--format=json", "--top=1", "--only=remove");

        assertThat(JSON.readTree(ablation.out()).path("model").path("path").textValue())
                .isEqualTo(Models.HARMLESS.toAbsolutePath().toString());
    }

    @Test
    void wrongUsageIsToldBeforeAnythingIsScanned() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        detect(List.of(Models.CRITICAL), "--jobs=0").assertFailed(2, "--jobs must be at least 1, not 0");
        detect(List.of(Models.CRITICAL, Models.CRITICAL)).assertFailed(2, "is named twice");
        CommandRun.of("detect", Models.CRITICAL.toString(), Models.HARMLESS.toString(), "--report", file.toString())
                .assertFailed(2, "--report " + file + " is no folder");
        CommandRun.of("detect", Models.CRITICAL.toString(), Models.HARMLESS.toString(), "--report", "r.json")
                .assertFailed(2, "--report r.json is no folder");
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
        assertThat(Models.files(folder)).containsExactly(file);
    }

    private CommandRun detect(List<Path> models, String... options) {
        return CommandRun.of(Stream.of(
                        Stream.of("detect"),
                        models.stream().map(Path::toString),
                        Stream.of("--report", reportFolder().toString()),
                        Stream.of(options))
                .flatMap(arguments -> arguments)
                .toArray(String[]::new));
    }

    private Path reportFolder() {
        return folder.resolve("made").resolve("reports");
    }

    private List<Path> reports() {
        return Models.files(reportFolder());
    }

    private Path report(String name) {
        return reportFolder().resolve(name + ".swscan-report.json");
    }

    /** Without what differs from run to run. */
    private static JsonNode comparable(Path report) throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(report.toFile());
        json.remove("createdAt");
        ((ObjectNode) json.path("run")).remove(List.of("durationMillis", "peakMemoryBytes"));
        return json;
    }
}
