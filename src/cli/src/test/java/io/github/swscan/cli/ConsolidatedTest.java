package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.ConsolidatedCheckpoint;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in the layout of Meta's and Mistral's own programs. */
class ConsolidatedTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    private Path folder;

    private JsonNode report(String command, String model, Path tokenIds, String... more) throws IOException {
        Path report = folder.resolve("report.json");
        CommandRun run = CommandRun.of(java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(
                                command,
                                model,
                                "-q",
                                "--precision",
                                "fp32",
                                "--token-ids",
                                tokenIds.toString(),
                                "--report",
                                report.toString()),
                        java.util.stream.Stream.of(more))
                .toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JSON.readTree(report.toFile());
    }

    private Path tokenIds(JsonNode ids) throws IOException {
        return Files.writeString(folder.resolve("ids.json"), ids.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-bf16"})
    void metasFileGivesTheNumbersOfTransformers(String name) throws IOException {
        Path reference = TestResources.at("reference/" + name);
        assertNumbersOfTransformers(
                ConsolidatedCheckpoint.meta(reference, folder.resolve("model"), 1, false), reference);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mistral", "mistral-swa5", "mixtral"})
    void mistralsFileGivesTheNumbersOfTransformers(String name) throws IOException {
        Path reference = TestResources.at("reference/" + name);
        assertNumbersOfTransformers(ConsolidatedCheckpoint.mistral(reference, folder.resolve("model")), reference);
    }

    private void assertNumbersOfTransformers(Path model, Path reference) throws IOException {
        JsonNode expected = JSON.readTree(reference.resolve("expected.json").toFile());
        JsonNode report = report("detect", model.toString(), tokenIds(expected.get("input_ids")));
        Map<String, JsonNode> layers = new LinkedHashMap<>();
        report.get("layers").forEach(layer -> layers.put(layer.get("tensor").textValue(), layer));

        assertThat(report.at("/baseline/meanNll").doubleValue())
                .isCloseTo(expected.get("mean_cross_entropy").doubleValue(), within(1e-5));
        for (JsonNode projection : expected.get("down_projections")) {
            JsonNode layer = layers.get(projection.get("weight_key").textValue());
            if (projection.get("tokens").intValue() > 0) {
                for (String side : new String[] {"input", "output"}) {
                    double peak = projection.get(side).get("value").doubleValue();
                    assertThat(layer.get(side).get("value").doubleValue())
                            .as(layer.get("tensor") + " " + side)
                            .isCloseTo(peak, within(1e-4 * Math.abs(peak)));
                }
            }
        }
    }
}
