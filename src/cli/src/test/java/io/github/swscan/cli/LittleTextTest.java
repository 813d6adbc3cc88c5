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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a model on little text, and that detection and ablation tell the same of the same text. */
class LittleTextTest {

    private static final String SENTENCE = "The king said that the sea was calm, and the servant answered him. ";
    private static final String CAUTION = "on other text they may be quite different";

    @TempDir
    private Path folder;

    @Test
    void detectionAndAblationHaveTheSameBaselineOnTheSameText() throws IOException {
        String text = Files.writeString(folder.resolve("text.txt"), SENTENCE.repeat(60))
                .toString();

        JsonNode detection = run("detect", "--text", text);
        JsonNode ablation = run("ablate", "--weight=1:57:123", "--only=remove", "--generate=0", "--text", text);

        assertThat(ablation.at("/baseline/perplexity")).isEqualTo(detection.at("/baseline/perplexity"));
        assertThat(ablation.at("/run/tokens")).isEqualTo(detection.at("/baseline/tokens"));
        assertThat(detection.at("/run/tokens").intValue())
                .isGreaterThan(detection.at("/baseline/tokens").intValue());
        assertThat(detection.path("notes").toString()).doesNotContain(CAUTION);
        assertThat(ablation.path("notes").toString()).doesNotContain(CAUTION, "perplexities differ");
    }

    @Test
    void textMayComeFromStandardInput() throws IOException, InterruptedException {
        Path input = Files.writeString(folder.resolve("input"), SENTENCE.repeat(30));
        ProcessBuilder builder = ChildJvm.builder(
                folder,
                ChildJvm.command(
                        List.of(), "detect", Models.CRITICAL.toAbsolutePath().toString(), "--text=-", "--format=json"));

        CommandRun run = ChildJvm.finish(builder.redirectInput(input.toFile()).start());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(new ObjectMapper()
                        .readTree(run.out())
                        .at("/run/evaluationText")
                        .textValue())
                .isEqualTo("standard input");
        CommandRun.of("detect", Models.CRITICAL.toString(), Models.HARMLESS.toString(), "--text=-")
                .assertFailed(2, "standard input can be read for one model only");
    }

    /** The verdict is given all the same. */
    @Test
    void fewPredictionsGetACautionAndNoInterval() throws IOException {
        JsonNode detection = run("detect", "--max-tokens=40");
        JsonNode ablation = run("ablate", "--weight=1:57:123", "--only=remove", "--generate=0", "--max-tokens=40");

        assertThat(detection.path("verdict").textValue()).isEqualTo("critical");
        assertThat(detection.path("notes").toString()).contains("from only 40 predicted tokens", CAUTION);
        assertThat(ablation.path("notes").toString()).contains("from only 40 predicted tokens", CAUTION);
        JsonNode ratio = ablation.at("/variants/0/effect/perplexityRatio");
        assertThat(ratio.path("value").doubleValue()).isGreaterThan(10);
        assertThat(ratio.path("low").isNull()).isTrue();
        assertThat(ratio.path("high").isNull()).isTrue();
    }

    /** Of weights that are none, nothing says which verdict is near. */
    @Test
    void theNoteCountsTheVerdictsThatAreMarked() throws IOException {
        CommandRun run = CommandRun.of(
                "detect", Models.HARMLESS.toString(), "--max-tokens=60", "--prompt=once", "--format=json");
        JsonNode report = new ObjectMapper().readTree(run.out());

        assertThat(report.path("superWeights")).isEmpty();
        assertThat(report.path("sets")).isEmpty();
        assertThat(report.path("otherSpikes")).isNotEmpty();
        assertThat(report.path("notes").toString()).doesNotContain("near the threshold");
    }

    @Test
    void theScreenSpeaksOfIntervalsOnlyWhereThereAreAny() {
        List<String> options = List.of("--weight=1:57:123", "--only=remove", "--generate=0");

        assertThat(screen(options, "--max-tokens=40")).doesNotContain("confidence", "[x");
        assertThat(screen(options, "--max-tokens=400", "--context=32")).contains("95 % confidence", "[x");
    }

    private JsonNode run(String command, String... options) throws IOException {
        Path report = folder.resolve("report.json");
        List<String> arguments =
                new ArrayList<>(List.of(command, Models.CRITICAL.toString(), "-q", "--report", report.toString()));
        arguments.addAll(List.of(options));
        assertThat(CommandRun.of(arguments.toArray(String[]::new)).code()).isZero();
        return new ObjectMapper().readTree(report.toFile());
    }

    private String screen(List<String> options, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "ablate",
                Models.CRITICAL.toString(),
                "--report",
                folder.resolve("report.json").toString()));
        arguments.addAll(options);
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new)).out();
    }
}
