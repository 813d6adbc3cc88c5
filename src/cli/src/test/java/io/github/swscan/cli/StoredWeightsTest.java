package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways in which weights may be stored, as the user sees them. */
class StoredWeightsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    private Path folder;

    private JsonNode detect(Path model, String... more) throws IOException {
        Path ids = folder.resolve("ids.json");
        int[] tokens = IntStream.range(1, 40).map(i -> i * 17 % 97).toArray();
        Files.writeString(ids, JSON.writeValueAsString(List.of(tokens)));
        Path report = folder.resolve("report.json");
        String[] usual = {"detect", model.toString(), "-q", "--token-ids", ids.toString(), "--report", report.toString()
        };
        String[] all = java.util.Arrays.copyOf(usual, usual.length + more.length);
        System.arraycopy(more, 0, all, usual.length, more.length);
        CommandRun run = CommandRun.of(all);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return JSON.readTree(report.toFile());
    }

    /** But for what tells of files, time and memory. */
    private static String withoutPlaces(JsonNode report, String prefix) throws IOException {
        ObjectNode copy = report.deepCopy();
        copy.remove("createdAt");
        ((ObjectNode) copy.get("model")).remove(List.of("path", "files"));
        ((ObjectNode) copy.get("run")).remove(List.of("durationMillis", "peakMemoryBytes"));
        copy.findParents("location").forEach(weight -> ((ObjectNode) weight).remove("location"));
        return JSON.writeValueAsString(copy).replace("\"" + prefix, "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "llama-bf16, llama-bf16, ''",
        "gpt2, gpt2, ''",
        "llama-tied, llama-tied, ''",
        "llama-scripted-wrapped, llama-bf16, wrapped.",
        "llama-lite, llama-bf16, ''"
    })
    void torchScriptGivesTheSameReport(String archive, String reference, String prefix) throws IOException {
        JsonNode expected = detect(Models.reference(reference).resolve("model.safetensors"));
        JsonNode report = detect(TestResources.at("torchscript").resolve(archive));

        assertThat(report.get("layers")).isNotEmpty();
        assertThat(withoutPlaces(report, prefix)).isEqualTo(withoutPlaces(expected, prefix));
    }

    @Test
    void torchScriptNeedsAConfig() throws IOException {
        Path file = Files.copy(TestResources.at("torchscript/gpt2/model.pt"), folder.resolve("model.pt"));

        CommandRun.of("inspect", file.toString())
                .assertFailed(3, "config.json: is missing; it says what the model is; name it with --config FILE");
        CommandRun run = CommandRun.of(
                "inspect",
                file.toString(),
                "--config",
                Models.reference("gpt2").resolve("config.json").toString());
        assertThat(run.out()).contains("family      gpt2\n", "tensors: transformer.h.*.mlp.c_proj.weight\n");
    }

    @Test
    void scaledWeightsAreTold() throws IOException {
        Path model = TestResources.at("quantized/llama-block128");
        JsonNode report = detect(model.resolve("model.safetensors"));

        assertThat(report.get("model").get("dtype").textValue()).isEqualTo("F8_E4M3");
        assertThat(report.get("notes").get(0).textValue())
                .isEqualTo(
                        "The model is quantized (fp8: F8_E4M3, 8 bits, a scale for each 128 by 128 weights; F8_E4M3, "
                                + "8 bits, a scale for each 72 by 128 weights): findings are about the quantized model. "
                                + "Activations were not quantized.");
        CommandRun inspect = CommandRun.of("inspect", model.toString());
        assertThat(inspect.out())
                .contains("F8_E4M3 (7 tensors), BF16 (5 tensors)\n")
                .doesNotContain("not part of");
    }

    @Test
    void plainWeightsAreNot() throws IOException {
        assertThat(detect(TestResources.at("quantized/llama-cast")).get("notes").toString())
                .contains("no scales")
                .doesNotContain("a scale");
    }

    /** Writes a checkpoint again, with each tensor as it is, changed, or left out. */
    private Path rewritten(Path model, Function<String, String> names, Function<Tensor, Tensor> scales)
            throws IOException {
        Path copy = Models.copy(model, folder.resolve("model"));
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(model));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            byte[] data = StoredBytes.of(checkpoint, tensor).array();
            Tensor same = new Tensor(tensor.dtype(), tensor.shape(), data);
            Optional.ofNullable(names.apply(tensor.name()))
                    .ifPresent(name -> tensors.put(name, name.contains("_scale") ? scales.apply(same) : same));
        }
        SafetensorsWriter.write(copy.resolve("model.safetensors"), tensors);
        return copy;
    }

    @Test
    void missingScalesAreRefused() throws IOException {
        Path model = rewritten(
                TestResources.at("quantized/llama-fbgemm"),
                name -> name.endsWith("layers.1.mlp.down_proj.weight_scale") ? null : name,
                scales -> scales);

        CommandRun.of("detect", model.toString())
                .assertFailed(
                        3,
                        "model.layers.1.mlp.down_proj.weight: is F8_E4M3 and has no scales, which quantization_config "
                                + "of config.json asks for");
    }

    @Test
    void scalesThatAreNoNumbersAreRefused() throws IOException {
        Path model = rewritten(TestResources.at("quantized/llama-fbgemm"), name -> name, scales -> {
            scales.data()[3] = 0x7F;
            scales.data()[2] = (byte) 0xC0;
            return scales;
        });

        CommandRun.of(
                        "detect",
                        "-q",
                        model.toString(),
                        "--report",
                        folder.resolve("r.json").toString())
                .assertFailed(3, "_proj.weight_scale: holds the scale NaN; download the file again");
        assertThat(folder.resolve("r.json")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"detect", "inspect"})
    void packedWeightsAreRefusedByTheirNames(String command) throws IOException {
        Path model = rewritten(
                Models.reference("llama"),
                name -> name.replaceFirst("(proj)\\.weight$", "$1.qweight"),
                scales -> scales);
        Files.writeString(model.resolve("quantize_config.json"), "{\"bits\": 4, \"group_size\": 128}");

        CommandRun.of(command, model.toString())
                .assertFailed(
                        3,
                        "model.layers.0.self_attn.q_proj.weight: weights in the layout of AWQ or GPTQ are not "
                                + "supported; scan the checkpoint it was quantized from");
    }

    @Test
    void aQuantizationThatWasLeftOverIsNoted() throws IOException {
        Path model = Models.copy(Models.reference("llama"), folder.resolve("model"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(model.resolve("config.json").toFile());
        config.putObject("quantization_config").put("quant_method", "gptq").put("bits", 4);
        Files.write(model.resolve("config.json"), JSON.writeValueAsBytes(config));
        Path report = folder.resolve("report.json");

        CommandRun run = CommandRun.of("detect", model.toString(), "--report", report.toString());

        assertThat(run.code()).isZero();
        assertThat(run.outUnbroken()).contains("which they are not: what it says was left over.");
        assertThat(JSON.readTree(report.toFile()).get("notes").toString()).contains("was left over");
    }

    /** The tied table under the name of the head, the only one under which some programs store it. */
    @Test
    void aTiedTableMayBeStoredAsTheHead() throws IOException {
        Path tied = Models.reference("llama-tied");
        Path model = rewritten(
                tied, name -> name.equals("model.embed_tokens.weight") ? "lm_head.weight" : name, scales -> scales);

        assertThat(withoutPlaces(detect(model.resolve("model.safetensors")), ""))
                .isEqualTo(withoutPlaces(detect(tied.resolve("model.safetensors")), ""));
    }

    @Test
    void aHeadThatIsStoredThoughItShouldBeTiedIsUsedAndNoted() throws IOException {
        JsonNode own = detect(Models.reference("llama-tied-own-head").resolve("model.safetensors"));
        JsonNode tied = detect(Models.reference("llama-tied").resolve("model.safetensors"));

        assertThat(own.get("notes").toString())
                .contains("another is stored as \\\"lm_head.weight\\\": that one was used");
        assertThat(tied.get("notes").toString()).doesNotContain("another is stored");
        assertThat(own.at("/baseline/meanNll")).isNotEqualTo(tied.at("/baseline/meanNll"));
        assertThat(own.get("layers")).isEqualTo(tied.get("layers"));
    }

    @Test
    void shardsNeedNoIndex() throws IOException {
        Path whole = Models.reference("llama");
        Path model = Models.copy(whole, folder.resolve("model"));
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(whole));
        List<Map<String, Tensor>> shards = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
        checkpoint.tensors().forEach((name, tensor) -> {
            Tensor stored = new Tensor(
                    tensor.dtype(),
                    tensor.shape(),
                    StoredBytes.of(checkpoint, tensor).array());
            shards.get(name.contains("layers.1") ? 1 : 0).put(name, stored);
        });
        Files.delete(model.resolve("model.safetensors"));
        Files.delete(SafetensorsWriter.writeSharded(model, shards));

        assertThat(withoutPlaces(detect(model.resolve("model-00001-of-00002.safetensors")), ""))
                .isEqualTo(withoutPlaces(detect(whole.resolve("model.safetensors")), ""));
    }

    @ParameterizedTest
    @CsvSource({
        "lora_A.default.weight, is a weight of a LoRA adapter that was not merged into the model",
        "lora_B.weight, is a weight of a LoRA adapter that was not merged into the model",
        "lora_magnitude_vector, is a weight of a LoRA adapter that was not merged into the model"
    })
    void weightsOfAnAdapterThatWasNotMergedAreRefused(String ending, String told) throws IOException {
        Path model = rewritten(
                Models.reference("llama"),
                name -> name.replace("layers.1.self_attn.q_proj.weight", "layers.1.self_attn.q_proj." + ending),
                scales -> scales);

        CommandRun.of("detect", model.toString())
                .assertFailed(3, "model.layers.1.self_attn.q_proj." + ending + ": " + told, "merge_and_unload");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAdapterAloneIsToldWithItsBaseWhereThatIsKnown(boolean described) throws IOException {
        Tensor part = Tensor.float32(List.of(1L, 2L), 1, 2);
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        SafetensorsWriter.write(
                adapter.resolve("adapter_model.safetensors"),
                Map.of("base_model.model.layers.0.q_proj.lora_A.weight", part));
        if (described) {
            Files.writeString(
                    adapter.resolve("adapter_config.json"),
                    "{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"org/base\"}");
        }

        for (Path named : List.of(adapter, adapter.resolve("adapter_model.safetensors"))) {
            CommandRun.of("detect", named.toString())
                    .assertFailed(
                            3,
                            described
                                    ? "adapter: is a LoRA adapter of org/base, not a model"
                                    : "is a weight of a LoRA adapter, as all of them are: this is no model");
        }
    }
}
