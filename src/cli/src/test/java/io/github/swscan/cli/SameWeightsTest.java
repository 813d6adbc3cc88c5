package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.fixture.GgufCheckpoint;
import io.github.swscan.fixture.GgufCheckpoint.Format;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TorchFile;
import io.github.swscan.fixture.TorchFile.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The same weights give the same report, in whatever files they are. */
class SameWeightsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path PLANTED = TestResources.at("planted");

    @TempDir
    private Path folder;

    private enum Form {
        SHARDED_SAFETENSORS,
        BIN,
        BIN_SHARDED,
        BIN_LEGACY,
        BIN_STRIDED,
        BIN_NESTED_PARAMETERS,
        GGUF
    }

    private JsonNode detect(Path model, Path tokenIds) throws IOException {
        Path report = folder.resolve("report.json");
        CommandRun run = CommandRun.of(
                "detect",
                model.toString(),
                "-q",
                "--precision",
                "fp32",
                "--token-ids",
                tokenIds.toString(),
                "--report",
                report.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JSON.readTree(report.toFile());
    }

    private Path tokenIds(Path planted) throws IOException {
        JsonNode expected = JSON.readTree(planted.resolve("expected.json").toFile());
        return Files.writeString(folder.resolve("ids.json"), expected.get("ids").toString());
    }

    private static Map<String, Tensor> tensors(Path model) {
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(model));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        checkpoint
                .tensors()
                .forEach((name, tensor) -> tensors.put(
                        name,
                        Tensor.float32(tensor.shape(), checkpoint.floats(tensor, 0, (int) tensor.elements(), 1))));
        return tensors;
    }

    /** Every third tensor. */
    private static Map<String, Tensor> shard(Map<String, Tensor> tensors, int number) {
        Map<String, Tensor> shard = new LinkedHashMap<>();
        int i = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            if (i++ % 3 == number) {
                shard.put(tensor.getKey(), tensor.getValue());
            }
        }
        return shard;
    }

    private Path write(Path planted, Form form) throws IOException {
        Map<String, Tensor> tensors = tensors(planted);
        Path model = Files.createDirectories(folder.resolve("model"));
        if (form != Form.GGUF) {
            Files.copy(planted.resolve("config.json"), model.resolve("config.json"));
        }
        Path bin = model.resolve("pytorch_model.bin");
        switch (form) {
            case SHARDED_SAFETENSORS ->
                SafetensorsWriter.writeSharded(model, List.of(shard(tensors, 0), shard(tensors, 1), shard(tensors, 2)));
            case BIN -> TorchFile.stateDict(tensors, Layout.PLAIN).write(bin);
            case BIN_SHARDED -> {
                Map<String, String> files = new LinkedHashMap<>();
                for (int i = 0; i < 3; i++) {
                    String name = "pytorch_model-0000" + (i + 1) + "-of-00003.bin";
                    TorchFile.stateDict(shard(tensors, i), Layout.PLAIN).write(model.resolve(name));
                    shard(tensors, i).keySet().forEach(tensor -> files.put(tensor, name));
                }
                Files.writeString(
                        model.resolve("pytorch_model.bin.index.json"),
                        JSON.writeValueAsString(Map.of("metadata", Map.of(), "weight_map", files)));
            }
            case BIN_LEGACY -> TorchFile.stateDict(tensors, Layout.PLAIN).writeLegacy(bin);
            case BIN_STRIDED -> TorchFile.stateDict(tensors, Layout.STRIDED).write(bin);
            case BIN_NESTED_PARAMETERS ->
                TorchFile.stateDict(tensors, Layout.NESTED_PARAMETERS).write(bin);
            case GGUF -> GgufCheckpoint.of(planted, Format.F32).write(model.resolve("model.gguf"));
        }
        return model;
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void everyFormOfTheWeightsGivesTheSameReport(Form form) throws IOException {
        Path planted = PLANTED.resolve("one-llama");
        Path ids = tokenIds(planted);
        JsonNode expected = detect(planted, ids);
        JsonNode report = detect(write(planted, form), ids);

        assertThat(expected.get("superWeights")).hasSize(1);
        if (form == Form.GGUF) {
            // Sums over the channels of a head are taken in another order.
            assertSame(withoutPlaces(report), withoutPlaces(expected), "report");
        } else {
            assertThat(withoutPlaces(report)).isEqualTo(withoutPlaces(expected));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "two-same-row-llama, F32",
        "two-same-row-llama, Q8_0",
        "none-diffuse-mistral, F16",
        "moe-mixtral, F32",
        "moe-mixtral, Q8_0",
        "three-rows-one-col-phi3, F16",
        "three-rows-one-col-phi3, BF16"
    })
    void ggufGivesThePlantedCoordinates(String name, Format format) throws IOException {
        Path planted = PLANTED.resolve(name);
        Path file = GgufCheckpoint.of(planted, format).write(folder.resolve("model.gguf"));
        JsonNode report = detect(file, tokenIds(planted));

        assertThat(report.at("/model/dtype").textValue()).isEqualTo(format.name());
        assertThat(coordinates(report.get("superWeights"), "column"))
                .containsExactlyInAnyOrderElementsOf(coordinates(
                        JSON.readTree(planted.resolve("expected.json").toFile()).get("planted"), "col"));
    }

    private static List<List<Integer>> coordinates(JsonNode weights, String column) {
        return StreamSupport.stream(weights.spliterator(), false)
                .map(weight -> Stream.of("layer", "expert", "row", column)
                        .map(field -> weight.path(field).asInt(-1))
                        .toList())
                .toList();
    }

    /** With the prompts and the text that come with the program: the file's own tokenizer reads them. */
    @Test
    void ggufNeedsNoOtherFiles() throws IOException {
        Path file = GgufCheckpoint.withTokenizer(Models.CRITICAL, Format.BF16).write(folder.resolve("model.gguf"));
        JsonNode report = withText(file);

        assertThat(report.at("/run/tokenSource").textValue()).isEqualTo("prompts");
        assertSame(withoutPlaces(report), withoutPlaces(withText(Models.CRITICAL)), "report");
    }

    private JsonNode withText(Path model) throws IOException {
        Path report = folder.resolve("report.json");
        CommandRun run =
                CommandRun.of("detect", model.toString(), "-q", "--precision", "fp32", "--report", report.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JSON.readTree(report.toFile());
    }

    /** But for what tells of files, time and memory. */
    private static JsonNode withoutPlaces(JsonNode report) {
        ObjectNode copy = report.deepCopy();
        copy.remove("createdAt");
        ((ObjectNode) copy.get("model")).remove(List.of("path", "files"));
        ((ObjectNode) copy.get("run")).remove(List.of("durationMillis", "peakMemoryBytes", "bytesRead"));
        copy.findParents("location").forEach(weight -> ((ObjectNode) weight).remove("location"));
        return copy;
    }

    private static void assertSame(JsonNode actual, JsonNode expected, String at) {
        if (expected.isFloatingPointNumber()) {
            double value = expected.doubleValue();
            assertThat(actual.doubleValue()).as(at).isCloseTo(value, within(1e-4 * Math.max(1, Math.abs(value))));
        } else if (expected.isContainerNode()) {
            assertThat(actual.getNodeType()).as(at).isEqualTo(expected.getNodeType());
            assertThat(actual).as(at).hasSize(expected.size());
            List<String> names = StreamSupport.stream(
                            Spliterators.spliteratorUnknownSize(expected.fieldNames(), Spliterator.ORDERED), false)
                    .toList();
            names.forEach(name -> assertSame(actual.path(name), expected.get(name), at + "/" + name));
            if (expected.isArray()) {
                for (int i = 0; i < expected.size(); i++) {
                    assertSame(actual.get(i), expected.get(i), at + "/" + i);
                }
            }
        } else {
            assertThat(actual).as(at).isEqualTo(expected);
        }
    }
}
