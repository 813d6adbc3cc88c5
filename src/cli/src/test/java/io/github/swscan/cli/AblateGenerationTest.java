package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AblateGenerationTest {

    private static final JsonMapper MAPPER = new JsonMapper();

    @TempDir
    private Path folder;

    private CommandRun ablate(Path model, String... arguments) {
        List<String> all = new ArrayList<>(List.of("ablate", model.toString(), "--report", report().toString()));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private Path report() {
        return folder.resolve("report.json");
    }

    private JsonNode json() throws IOException {
        return MAPPER.readTree(report().toFile());
    }

    @Test
    void showsHowATextGoesOnInEveryVariant() throws IOException {
        CommandRun run = ablate(Models.CRITICAL, "--weight", "1:57:123", "--only", "remove,restore,control");

        assertThat(run.out())
                .contains("How a text goes on", "...\n variant ")
                .contains(" remove-1  | \\n\\n\\n")
                .doesNotContain("\\u000a\\u000a");
        JsonNode report = json();
        JsonNode original = report.at("/baseline/continuation");
        assertThat(report.at("/generation/tokens").intValue()).isEqualTo(20);
        assertThat(report.at("/generation/readings").intValue()).isEqualTo(20);
        assertThat(report.at("/generation/prompt/tokens")).hasSize(16);
        assertThat(original.get("tokens")).hasSize(20);
        assertThat(original.get("text").textValue()).isNotBlank();
        assertThat(report.at("/baseline/loopRate").isNull()).isTrue();
        assertThat(run.out()).doesNotContain(" loops ");
        for (JsonNode variant : report.get("variants")) {
            boolean harmless = !variant.get("kind").textValue().equals("remove");
            assertThat(variant.get("continuation").equals(original))
                    .as(variant.get("name").textValue())
                    .isEqualTo(harmless);
        }
    }

    @Test
    void continuesTheFirstPromptThatIsGiven() throws IOException {
        ablate(
                Models.CRITICAL,
                "--weight=1:57:123",
                "--only=remove",
                "--generate=5",
                "--prompt=And the king said unto",
                "--prompt=Other");

        assertThat(json().at("/generation/prompt/text").textValue()).endsWith("And the king said unto");
        assertThat(json().at("/baseline/continuation/tokens")).hasSize(5);
        assertThat(json().at("/variants/0/continuation/tokens")).hasSize(5);
    }

    @Test
    void tellsHowMuchOfALongContinuationLoops() throws IOException {
        CommandRun run = ablate(Models.CRITICAL, "--weight=1:57:123", "--only=remove", "--generate=128");

        assertThat(run.outUnbroken())
                .contains(" loops ", "complete four in a row that stood in the same continuation before");
        for (String pointer : List.of("/baseline", "/variants/0")) {
            JsonNode continued = json().at(pointer);
            assertThat(continued.get("loopRate").doubleValue())
                    .isEqualTo(repeatedRuns(continued.at("/continuation/tokens"))
                            / (double) continued.at("/continuation/tokens").size());
        }
    }

    /** How many tokens end four that stand in the same order further ahead. */
    private static long repeatedRuns(JsonNode tokens) {
        List<String> ids = new ArrayList<>();
        tokens.forEach(token -> ids.add(token.toString()));
        return IntStream.range(3, ids.size())
                .filter(end -> IntStream.range(3, end)
                        .anyMatch(other -> ids.subList(other - 3, other + 1).equals(ids.subList(end - 3, end + 1))))
                .count();
    }

    @Test
    void zeroTokensAreNone() throws IOException {
        CommandRun run = ablate(Models.CRITICAL, "--weight=1:57:123", "--only=remove", "--generate=0");

        assertThat(run.out()).doesNotContain("How a text goes on");
        assertThat(json().get("generation").isNull()).isTrue();
        assertThat(json().at("/baseline/continuation").isNull()).isTrue();
        assertThat(json().at("/variants/0/continuation").isNull()).isTrue();
    }

    @Test
    void withoutATokenizerIdsAreShown() throws IOException {
        CommandRun run = ablate(Models.reference("llama"), "--weight=1:3:5", "--only=remove", "--generate=4");

        String ids = json().at("/baseline/continuation/tokens")
                .toString()
                .replaceAll("[\\[\\]]", "")
                .replace(',', ' ');
        assertThat(run.out()).contains(" original | " + ids + "\n");
        assertThat(json().at("/baseline/continuation/text").isNull()).isTrue();
    }

    @Test
    void aTextEndsBeforeTheTokenThatConfigNames() throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));
        ablate(model, "--weight=1:3:5", "--only=remove", "--generate=6");
        JsonNode whole = json().at("/baseline/continuation/tokens");
        ObjectNode config =
                (ObjectNode) MAPPER.readTree(model.resolve("config.json").toFile());
        config.putArray("eos_token_id").add(1_000_000).add(whole.get(0).intValue());
        Files.writeString(model.resolve("config.json"), config.toString());

        ablate(model, "--weight=1:3:5", "--only=remove", "--generate=6");

        assertThat(json().at("/baseline/continuation/tokens")).isEmpty();
    }

    @Test
    void noMoreTokensThanTheModelHasPositions() {
        ablate(Models.reference("gpt2"), "--weight=1:3:5", "--only=remove", "--generate=900")
                .assertFailed(2, "--generate 900: with the prompt's 16 these are more tokens than the model's ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1001"})
    void otherNumbersAreWrong(String tokens) {
        ablate(Models.CRITICAL, "--generate", tokens)
                .assertFailed(2, "--generate must be from 0 to 1000, not " + tokens);
    }
}
