package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.ConsolidatedCheckpoint;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in the layout of Meta's and Mistral's own programs. */
class ConsolidatedTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path PLANTED = TestResources.at("planted");

    @TempDir
    private Path folder;

    private Path model() {
        return folder.resolve("model");
    }

    private Path tokenIds(JsonNode ids) throws IOException {
        return Files.writeString(folder.resolve("ids.json"), ids.toString());
    }

    private CommandRun run(String command, Path model, Path tokenIds, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, model.toString(), "-q", "--precision", "fp32"));
        arguments.addAll(List.of("--token-ids", tokenIds.toString(), "--report", report().toString()));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private Path report() {
        return folder.resolve("report.json");
    }

    private JsonNode report(String command, Path model, Path tokenIds, String... more) throws IOException {
        CommandRun run = run(command, model, tokenIds, more);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JSON.readTree(report().toFile());
    }

    private static JsonNode expected(Path model) throws IOException {
        return JSON.readTree(model.resolve("expected.json").toFile());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama-bf16"})
    void metasFileGivesTheNumbersOfTransformers(String name) throws IOException {
        Path reference = Models.reference(name);
        assertNumbersOfTransformers(ConsolidatedCheckpoint.meta(reference, model(), 1, false), reference);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mistral", "mistral-swa5", "mixtral"})
    void mistralsFileGivesTheNumbersOfTransformers(String name) throws IOException {
        Path reference = Models.reference(name);
        assertNumbersOfTransformers(ConsolidatedCheckpoint.mistral(reference, model()), reference);
    }

    @Test
    void expertsInOneTensorGiveTheNumbersOfTransformers() throws IOException {
        Path reference = Models.reference("mixtral");
        assertNumbersOfTransformers(ConsolidatedCheckpoint.stackedExperts(reference, model()), reference);
    }

    private void assertNumbersOfTransformers(Path model, Path reference) throws IOException {
        JsonNode expected = expected(reference);
        JsonNode report = report("detect", model, tokenIds(expected.get("input_ids")));
        Map<String, JsonNode> layers = new LinkedHashMap<>();
        report.get("layers").forEach(layer -> layers.put(layer.get("tensor").textValue(), layer));

        assertThat(report.at("/baseline/meanNll").doubleValue())
                .isCloseTo(expected.get("mean_cross_entropy").doubleValue(), within(1e-5));
        for (JsonNode projection : expected.get("down_projections")) {
            if (projection.get("tokens").intValue() > 0) {
                JsonNode layer = layers.get(projection.get("weight_key").textValue());
                for (String side : List.of("input", "output")) {
                    double peak = projection.get(side).get("value").doubleValue();
                    assertThat(layer.get(side).get("value").doubleValue())
                            .as(layer.get("tensor") + " " + side)
                            .isCloseTo(peak, within(1e-4 * Math.abs(peak)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "2, true", "4, true"})
    void shardsGiveTheFindingsOfTheWholeAndThePlaceInTheRightOne(int shards, boolean tableAlongVocabulary)
            throws IOException {
        Path planted = PLANTED.resolve("one-llama");
        Path ids = tokenIds(expected(planted).get("ids"));
        JsonNode whole = report("detect", planted, ids);
        ConsolidatedCheckpoint.meta(planted, model(), shards, tableAlongVocabulary);
        JsonNode found = report("detect", model(), ids);

        assertThat(found.at("/baseline/meanNll").doubleValue())
                .isCloseTo(whole.at("/baseline/meanNll").doubleValue(), within(1e-5));
        assertThat(found.get("superWeights")).hasSize(1);
        JsonNode weight = found.at("/superWeights/0");
        assertThat(List.of("tensor", "row", "column", "value", "verdict"))
                .allSatisfy(field -> assertThat(weight.get(field)).isEqualTo(whole.at("/superWeights/0/" + field)));
        assertThat(weight.at("/effect/meanNllRise").doubleValue())
                .isCloseTo(whole.at("/superWeights/0/effect/meanNllRise").doubleValue(), within(1e-4));
        int columns = 128 / shards;
        assertThat(weight.at("/location/file").textValue())
                .isEqualTo(
                        "consolidated.%02d.pth".formatted(weight.get("column").intValue() / columns));
        assertThat(floatAt(weight.get("location")))
                .isEqualTo(weight.get("value").floatValue());
    }

    private float floatAt(JsonNode location) throws IOException {
        Path file = model().resolve(location.get("file").textValue());
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "r")) {
            content.seek(location.get("offset").longValue());
            return Float.intBitsToFloat(Integer.reverseBytes(content.readInt()));
        }
    }

    @Test
    void ablationOfAShardHasTheEffectOfTheWhole() throws IOException {
        Path planted = PLANTED.resolve("one-llama");
        Path ids = tokenIds(expected(planted).get("ids"));
        ConsolidatedCheckpoint.meta(planted, model(), 4, true);
        JsonNode report = report("ablate", model().resolve("consolidated.02.pth"), ids, "--weight", "1:49:18");

        JsonNode removed = report.at("/variants/0");
        assertThat(removed.get("name").textValue()).isEqualTo("remove-1");
        assertThat(removed.at("/effect/meanNllRise/value").doubleValue())
                .isCloseTo(expected(planted).at("/planted/0/ce_delta").doubleValue(), within(2e-5));
        assertThat(report.at("/weights/0/location/file").textValue()).isEqualTo("consolidated.00.pth");
        assertThat(floatAt(report.at("/weights/0/location")))
                .isEqualTo(report.at("/weights/0/value").floatValue());
    }

    @Test
    void editedCopyOfMistralsFilesIsRead() throws IOException {
        Path planted = PLANTED.resolve("moe-mixtral");
        Path ids = tokenIds(expected(planted).get("ids"));
        ConsolidatedCheckpoint.mistral(planted, model());
        Path copy = folder.resolve("copy");
        JsonNode report = report(
                "ablate", model(), ids, "--weight", "1:2:61:14", "--only", "remove", "--save-edited", copy.toString());
        double without = report.at("/baseline/meanNll").doubleValue()
                + report.at("/variants/0/effect/meanNllRise/value").doubleValue();

        assertThat(report("detect", copy, ids).at("/baseline/meanNll").doubleValue())
                .isCloseTo(without, within(1e-5));
    }

    @Test
    void editedCopyOfMetasFilesIsRefused() throws IOException {
        Path planted = PLANTED.resolve("one-llama");
        ConsolidatedCheckpoint.meta(planted, model(), 2, true);
        run(
                        "ablate",
                        model(),
                        tokenIds(expected(planted).get("ids")),
                        "--weight",
                        "1:49:18",
                        "--save-edited",
                        folder.resolve("copy").toString())
                .assertFailed(
                        3, "consolidated.00.pth: is neither a safetensors nor a GGUF file, and no other is written");
    }

    @Test
    void parametersMayLieElsewhere() throws IOException {
        Path reference = Models.reference("llama");
        ConsolidatedCheckpoint.meta(reference, model(), 1, true);
        Path params = Files.move(model().resolve("params.json"), folder.resolve("other.json"));
        Path ids = tokenIds(expected(reference).get("input_ids"));

        run("detect", model(), ids).assertFailed(3, "params.json: is missing; it says what the model is");
        JsonNode report = report("detect", model(), ids, "--config", params.toString());
        assertThat(report.at("/baseline/meanNll").doubleValue())
                .isCloseTo(expected(reference).get("mean_cross_entropy").doubleValue(), within(1e-5));
    }

    @Test
    void modelThatSeesIsScannedForItsText() throws IOException {
        Path reference = Models.reference("mistral");
        ConsolidatedCheckpoint.mistral(reference, model());
        Path params = model().resolve("params.json");
        ObjectNode options = (ObjectNode) JSON.readTree(params.toFile());
        options.putObject("vision_encoder").put("hidden_size", 8);
        Files.writeString(params, options.toString());
        JsonNode report = report("detect", model(), tokenIds(expected(reference).get("input_ids")));

        assertThat(report.get("notes").toString())
                .contains("Only the text model of this multimodal model was scanned, as a mistral model");
    }
}
