package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints as people have them, against the numbers that transformers gives, or in words that help. */
class FoundInputsTest {

    private static final Path FOLDER = Path.of("src/cli/src/test/resources/found");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Stream<Named<JsonNode>> cases() throws IOException {
        JsonNode cases = MAPPER.readTree(Files.readString(FOLDER.resolve("cases.json")));
        return StreamSupport.stream(cases.spliterator(), false)
                .map(found -> Named.of(found.path("name").asText(), found));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isScannedOrToldForWhatItIs(JsonNode found) throws IOException {
        JsonNode right = found.path("right");

        CommandRun run = CommandRun.of(arguments(found));

        assertThat(run.code()).as(run.err()).isEqualTo(found.path("exit").intValue());
        if (right.isNull()) {
            assertThat(run.err()).contains(texts(found)).hasLineCount(1);
            return;
        }
        JsonNode report = MAPPER.readTree(run.out());
        assertThat(report.path("notes").toString()).contains(texts(found));
        if (right.path("meanNll").isNull()) {
            assertThat(report.path("baseline").isNull()).isTrue();
        } else {
            assertThat(report.at("/baseline/meanNll").doubleValue())
                    .isCloseTo(right.path("meanNll").doubleValue(), Percentage.withPercentage(0.01));
        }
        assertThat(report.path("layers")).hasSameSizeAs(right.path("peaks"));
        for (int layer = 0; layer < right.path("peaks").size(); layer++) {
            for (String side : List.of("input", "output")) {
                JsonNode peak = report.path("layers").path(layer).path(side);
                JsonNode wanted = right.path("peaks").path(layer).path(side);
                assertThat(peak.path("channel")).isEqualTo(wanted.path("channel"));
                assertThat(peak.path("value").doubleValue())
                        .isCloseTo(wanted.path("value").doubleValue(), Percentage.withPercentage(0.05));
            }
        }
    }

    /** Numbers of transformers 5.24: |h' - h| / |h| and the cosine of the last hidden state behind the final norm. */
    @ParameterizedTest
    @CsvSource({
        "19, 41, effect, 0.4639655473, 0.8574372158",
        "8, 41, effect, 0.0701372375, 0.9965297701",
        "19, 41, effectFlipped, 0.7032087590, 0.6491213388"
    })
    void effectsWithoutAHeadAreThoseOnTheHiddenState(int row, int column, String edit, double change, double cosine)
            throws IOException {
        CommandRun run = CommandRun.of(
                "detect",
                FOLDER.resolve("embedder-no-head").toString(),
                "--token-ids=" + FOLDER.resolve("ids.json"),
                "--precision=fp32",
                "--format=json");

        JsonNode report = MAPPER.readTree(run.out());
        JsonNode effect = Stream.of("superWeights", "otherSpikes")
                .flatMap(list -> StreamSupport.stream(report.path(list).spliterator(), false))
                .filter(spike -> spike.path("row").intValue() == row
                        && spike.path("column").intValue() == column)
                .findFirst()
                .orElseThrow()
                .path(edit);
        assertThat(effect.path("hiddenChange").doubleValue()).isCloseTo(change, within(1e-6));
        assertThat(effect.path("hiddenCosine").doubleValue()).isCloseTo(cosine, within(1e-6));
        assertThat(effect.path("klDivergence").isNull()).isTrue();
        assertThat(report.at("/settings/verdictMeasure").asText()).isEqualTo("hidden state change");
        assertThat(report.at("/hiddenState/tokens").intValue()).isEqualTo(72);
    }

    @Test
    void anAblationOfAModelWithoutAHeadIsRefused() {
        CommandRun.of("ablate", FOLDER.resolve("embedder-no-head").toString(), "--weight=1:19:41")
                .assertFailed(3, "has no language-modelling head", "swscan detect");
        assertThat(CommandRun.of("inspect", FOLDER.resolve("embedder-no-head").toString())
                        .code())
                .isZero();
    }

    /** Those of the case, with its files where they are, and the report printed. */
    private static String[] arguments(JsonNode found) {
        List<String> arguments = new ArrayList<>();
        found.path("arguments").forEach(argument -> {
            Path file = FOLDER.resolve(argument.asText());
            arguments.add(Files.exists(file) ? file.toString() : argument.asText());
        });
        arguments.add("--format=json");
        return arguments.toArray(String[]::new);
    }

    /** Parts of what is to be said; of everything the empty text is one. */
    private static List<String> texts(JsonNode found) {
        List<String> texts = new ArrayList<>(List.of(""));
        found.path("says").forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
