package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.Models;
import io.github.swscan.report.json.LatestReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text may begin with a byte order mark, which changes nothing. */
class ByteOrderMarkTest {

    private static final String MARK = "\ufeff";

    @TempDir
    private Path folder;

    private Path report() {
        return folder.resolve("report.json");
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** A copy all of whose descriptions begin with the mark. */
    private Path marked(Path model) throws IOException {
        Path copy = Models.copy(model, folder.resolve("marked"));
        for (Path file : Models.files(copy)) {
            if (file.toString().endsWith(".json")) {
                Files.writeString(file, MARK + Files.readString(file));
            }
        }
        return copy;
    }

    private JsonNode detect(Path model, Object... options) throws IOException {
        CommandRun run = CommandRun.of(Stream.concat(
                        Stream.of("detect", model, "-q", "--precision", "fp32", "--report", report()),
                        Stream.of(options))
                .map(Object::toString)
                .toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JsonMapper.builder().build().readTree(report().toFile());
    }

    private static void assertSameNumbers(JsonNode report, JsonNode expected) {
        for (String part : List.of("baseline", "layers", "superWeights")) {
            assertThat(report.has(part)).isTrue();
            assertThat(report.get(part)).isEqualTo(expected.get(part));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt", "jsonl"})
    void inPromptsInTextsAndInAModelsFiles(String format) throws IOException {
        String prompt = "Now the queen";
        String prompts = "# of kings\nThe king\n";
        String text = "And the king said unto him, What is thy name?";
        if (format.equals("jsonl")) {
            text = "{\"text\": \"" + text + "\"}\n";
        }

        JsonNode expected = detect(
                Models.CRITICAL,
                "--prompt",
                prompt,
                "--prompts",
                write("prompts.txt", prompts),
                "--text",
                write("text." + format, text));
        JsonNode report = detect(
                marked(Models.CRITICAL),
                "--prompt",
                MARK + prompt,
                "--prompts",
                write("prompts.txt", MARK + prompts),
                "--text",
                write("text." + format, MARK + text));

        assertSameNumbers(report, expected);
    }

    @Test
    void inAnIndexInTokenIdsAndInAConfigurationElsewhere() throws IOException {
        Path plain = Models.reference("llama-sharded3");
        String ids = "[[1, 2, 3, 4, 5, 6, 7, 8]]";
        Path marked = marked(plain);
        Path config = Files.move(marked.resolve("config.json"), folder.resolve("elsewhere.json"));

        JsonNode expected = detect(plain, "--token-ids", write("ids.json", ids));
        JsonNode report = detect(marked, "--config", config, "--token-ids", write("ids.json", MARK + ids));

        assertSameNumbers(report, expected);
    }

    @Test
    void promptOfNothingElseIsEmpty() {
        CommandRun.of("detect", Models.CRITICAL.toString(), "--prompt", MARK)
                .assertFailed(2, "--prompt must not be empty");
    }

    @Test
    void inAReport() throws IOException {
        detect(Models.reference("llama"), "--token-ids", write("ids.txt", "[[1, 2, 3]]"));
        write("report.json", MARK + Files.readString(report()));

        assertThat(LatestReport.in(folder)).isPresent();
    }
}
