package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quantized checkpoints as the user sees them, and damaged ones. */
class CodedWeightsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DOWN = "model.layers.1.mlp.down_proj.";

    @TempDir
    private Path folder;

    private static Path coded(String name) {
        return TestResources.at("coded/" + name);
    }

    private Path tokens(String name) throws IOException {
        JsonNode expected = JSON.readTree(coded(name).resolve("expected.json").toFile());
        return Files.writeString(
                folder.resolve("ids.json"), expected.get("input_ids").toString());
    }

    @Test
    void aScanSaysThatItIsOfTheQuantizedModel() throws IOException {
        Path ids = tokens("gptq-4bit-g32");

        CommandRun run =
                CommandRun.of("detect", coded("gptq-4bit-g32").toString(), "--token-ids=" + ids, "--format=json");

        assertThat(run.code()).as(run.err()).isZero();
        JsonNode report = JSON.readTree(run.out());
        assertThat(report.at("/model/dtype").asText()).isEqualTo("GPTQ 4-bit");
        assertThat(report.at("/run/precision").asText()).isEqualTo("fp32");
        assertThat(report.get("notes").toString())
                .contains("quantized (GPTQ 4-bit): findings are about the quantized model");
        assertThat(report.at("/superWeights/0/location/dtype").asText()).isEqualTo("GPTQ 4-bit");
    }

    @ParameterizedTest
    @CsvSource({
        "gptq-8bit-channel, GPTQ 8-bit",
        "awq-gemm-g128, AWQ 4-bit",
        "ct-w8a8-int, compressed-tensors 8-bit",
        "bnb-nf4-double, bitsandbytes 4-bit",
        "mlx-4bit-g64, MLX 4-bit",
        "hqq-4bit-g64, HQQ 4-bit",
        "torchao-int8wo, torchao 8-bit",
        "modelopt-nvfp4, ModelOpt 4-bit"
    })
    void inspectNamesMethodAndBits(String name, String type) {
        CommandRun run = CommandRun.of("inspect", coded(name).toString());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains(type + " (").contains(" | " + type + " ").doesNotContain("not part of");
    }

    @Test
    void aCopyWithAnEditedCodeIsRefused() throws IOException {
        CommandRun.of(
                        "ablate",
                        coded("gptq-4bit-g32").toString(),
                        "--weight=1:18:21",
                        "--only=remove",
                        "--token-ids=" + tokens("gptq-4bit-g32"),
                        "--save-edited=" + folder.resolve("copy"))
                .assertFailed(3, "down_proj.weight: weights of type GPTQ 4-bit cannot be written");
    }

    private static Tensor wordsOf(int value, Tensor tensor) {
        byte[] data = new byte[tensor.data().length];
        Arrays.fill(data, (byte) value);
        return new Tensor(tensor.dtype(), tensor.shape(), data);
    }

    private static Tensor halved(Tensor tensor) {
        int last = tensor.shape().size() - 1;
        List<Long> shape = new ArrayList<>(tensor.shape());
        shape.set(last, shape.get(last) / 2);
        return new Tensor(tensor.dtype(), shape, Arrays.copyOf(tensor.data(), tensor.data().length / 2));
    }

    private static final Map<String, UnaryOperator<Tensor>> DAMAGE = Map.of(
            "missing", tensor -> null,
            "halved", CodedWeightsTest::halved,
            "ones", tensor -> wordsOf(-1, tensor),
            "nothing", tensor -> wordsOf(0, tensor),
            "floats", tensor -> new Tensor(DType.F32, tensor.shape(), new byte[tensor.data().length]));

    @ParameterizedTest
    @CsvSource({
        "gptq-4bit-g128-actorder, g_idx, ones, says that input 0 is in group -1",
        "gptq-4bit-g128-actorder, g_idx, halved, has shape",
        "gptq-4bit-g128-actorder, scales, halved, has shape",
        "gptq-4bit-g128-actorder, scales, ones, holds the scale NaN",
        "gptq-4bit-g128-actorder, scales, missing, which is missing",
        "gptq-4bit-g128-actorder, qzeros, missing, which is missing",
        "gptq-4bit-g128-actorder, qzeros, halved, has shape",
        "gptq-4bit-g128-actorder, qweight, floats, where words are needed",
        "awq-gemm-g128, qweight, halved, has shape",
        "awq-gemm-g128, scales, missing, which is missing",
        "awq-gemm-g128, qzeros, floats, where words are needed",
        "ct-w4a16-asym-g64, weight_shape, nothing, where weight_shape says 0",
        "ct-w4a16-asym-g64, weight_shape, missing, which is missing",
        "ct-w4a16-asym-g64, weight_packed, halved, has shape",
        "ct-w4a16-asym-g64, weight_zero_point, halved, has shape",
        "ct-nvfp4, weight_global_scale, nothing, which scales are divided by",
        "ct-mxfp4, weight_scale, ones, holds the scale NaN",
        "bnb-nf4-double, weight.nested_absmax, missing, which is missing",
        "bnb-nf4-double, weight.quant_map, halved, where 16 are needed",
        "bnb-nf4-double, weight.quant_state.bitsandbytes__nf4, nothing, is not JSON",
        "bnb-nf4, weight.absmax, halved, scales are not",
        "bnb-int8, SCB, halved, has shape",
        "mlx-4bit-g64, biases, missing, which is missing",
        "mlx-4bit-g64, scales, halved, has shape",
        "hqq-4bit-g64, shape, nothing, are said to be",
        "hqq-4bit-g64, nbits, nothing, codes of 0 bits along axis 1 is not supported",
        "torchao-int8wo, _weight_scale, missing, which is missing"
    })
    void damagedPartsAreRefusedInALine(String name, String part, String damage, String complaint) throws IOException {
        Path model = Models.copy(coded(name), folder.resolve("model"));
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(coded(name)));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            Tensor same = new Tensor(
                    tensor.dtype(),
                    tensor.shape(),
                    StoredBytes.of(checkpoint, tensor).array());
            Tensor written =
                    tensor.name().equals(DOWN + part) ? DAMAGE.get(damage).apply(same) : same;
            if (written != null) {
                tensors.put(tensor.name(), written);
            }
        }
        assertThat(checkpoint.find(DOWN + part)).isPresent();
        SafetensorsWriter.write(model.resolve("model.safetensors"), tensors);

        CommandRun.of(
                        "detect",
                        model.toString(),
                        "-q",
                        "--token-ids=" + tokens(name),
                        "--report=" + folder.resolve("r.json"))
                .assertFailed(3, complaint);
        assertThat(folder.resolve("r.json")).doesNotExist();
    }
}
