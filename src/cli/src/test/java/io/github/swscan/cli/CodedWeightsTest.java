package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.CodedTensors;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.fixture.StoredBytes;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quantized checkpoints as the user sees them, and damaged ones. */
class CodedWeightsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String MLP = "model.layers.1.mlp.";

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

    private JsonNode detected(String name, String... options) throws IOException {
        return printed(Stream.concat(
                        Stream.of("detect", coded(name).toString(), "--token-ids=" + tokens(name)), Stream.of(options))
                .toArray(String[]::new));
    }

    private static JsonNode printed(String... arguments) throws IOException {
        CommandRun run =
                CommandRun.of(Stream.concat(Stream.of(arguments), Stream.of("--format=json", "--precision=fp32"))
                        .toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        return JSON.readTree(run.out());
    }

    @Test
    void aScanSaysThatItIsOfTheQuantizedModel() throws IOException {
        JsonNode report = detected("gptq-4bit-g32");

        assertThat(report.at("/model/dtype").asText()).isEqualTo("GPTQ 4-bit");
        assertThat(report.get("notes").toString())
                .contains("The model is quantized (GPTQ: 4 bits, a scale for each 32 weights): findings are about the "
                        + "quantized model.");
    }

    /** By hand: what 21 of row 18 is in words of eight inputs, and a scale for each 32 inputs. */
    @Test
    void aSuperWeightIsToldAsItIsStored() throws IOException {
        JsonNode weight = detected("gptq-4bit-g32").at("/superWeights/0");
        JsonNode stored = weight.get("stored");
        byte[] file = Files.readAllBytes(coded("gptq-4bit-g32").resolve("model.safetensors"));
        int word = ByteBuffer.wrap(file)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(weight.at("/location/offset").intValue());

        assertThat(weight.get("row").intValue()).isEqualTo(18);
        assertThat(weight.get("column").intValue()).isEqualTo(21);
        assertThat(weight.at("/location/dtype").asText()).isEqualTo("GPTQ 4-bit");
        assertThat(weight.at("/location/bitOffset").intValue()).isEqualTo(21 % 8 * 4);
        assertThat(weight.at("/location/bits").intValue()).isEqualTo(4);
        assertThat(weight.at("/location/furtherBits")).isEmpty();
        assertThat(stored.get("format").asText()).isEqualTo("GPTQ 4-bit");
        assertThat(stored.get("code").intValue()).isEqualTo((word >>> 20) & 15);
        assertThat(stored.get("zero").floatValue()).isEqualTo(8);
        assertThat(stored.get("bias").isNull()).isTrue();
        assertThat((stored.get("code").intValue() - 8) * stored.get("scale").floatValue())
                .isEqualTo(weight.get("value").floatValue());
        assertThat(stored.at("/block/start").intValue()).isEqualTo(18 * 128);
        assertThat(stored.at("/block/size").intValue()).isEqualTo(32);
        assertThat(stored.at("/block/neighbours").intValue()).isEqualTo(31);
        assertThat(stored.at("/block/step").doubleValue())
                .isEqualTo(stored.get("scale").doubleValue());
        assertThat(stored.at("/block/stepWithout").doubleValue())
                .isBetween(0.0, stored.at("/block/step").doubleValue() / 10);
        assertThat(weight.get("original").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gptq-8bit-channel    | GPTQ: 8 bits, a scale for each row | model.embed_tokens",
                "gptq-3bit            | GPTQ: 3 bits, a scale for each 32 weights | model.embed_tokens",
                "awq-gemm-g32-partial | AWQ: 4 bits, a scale for each 32 weights | model.embed_tokens, "
                        + "model.layers.*.self_attn.v_proj, model.layers.2.mlp.down_proj",
                "ct-w8a8-int          | compressed-tensors: 8 bits, a scale for each row | model.embed_tokens",
                "bnb-nf4-double       | bitsandbytes: 4 bits, a scale for each 64 weights | lm_head, model.embed_tokens",
                "mlx-4bit-g64         | MLX: 4 bits, a scale for each 64 weights | no matrix",
                "hqq-4bit-g64         | HQQ: 4 bits, a scale for each 64 weights | model.embed_tokens",
                "torchao-int8wo       | torchao: 8 bits, a scale for each row | model.embed_tokens",
                "modelopt-nvfp4       | ModelOpt: 4 bits, a scale for each 16 weights | lm_head, model.embed_tokens",
                "gpt_oss-mxfp4        | MXFP4: 4 bits, a scale for each 32 weights | lm_head, model.embed_tokens, "
                        + "model.layers.*.mlp.router, model.layers.*.self_attn.k_proj, model.layers.*.self_attn.o_proj, "
                        + "model.layers.*.self_attn.q_proj, model.layers.*.self_attn.v_proj",
                "quanto-int4          | Quanto: 4 bits, a scale for each 64 weights; 4 bits, a scale for each 128 weights | model.embed_tokens",
                "bitnet-packed        | BitNet: 2 bits, a scale for each matrix | lm_head, model.embed_tokens",
                "gguf-iq2_xxs         | GGUF: IQ2_XXS, 2 bits; Q4_K, 4 bits, a scale for each 32 weights; IQ4_NL, 4 bits, a "
                        + "scale for each 32 weights | no matrix",
                "gguf-nvfp4           | GGUF: NVFP4, 4 bits, a scale for each 16 weights; Q8_0, 8 bits, a scale for each 32 "
                        + "weights | no matrix",
                "fp8-ue8m0            | fp8: F8_E4M3, 8 bits, a scale for each 32 by 32 weights | model.embed_tokens"
            })
    void inspectTellsTheQuantizationInWords(String name, String words, String exempt) {
        CommandRun run = CommandRun.of("inspect", coded(name).toString());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().replaceAll("\\s+", " "))
                .contains(" quantized " + words + " left plain " + exempt + " tokenizer ")
                .doesNotContain("not part of");
    }

    @Test
    void inspectTellsTheQuantizationToPrograms() throws IOException {
        JsonNode quantization = JSON.readTree(
                        CommandRun.of("inspect", coded("bnb-nf4").toString(), "--format=json")
                                .out())
                .at("/model/quantization");

        assertThat(quantization.get("method").asText()).isEqualTo("bitsandbytes");
        assertThat(quantization.get("bits").intValue()).isEqualTo(4);
        assertThat(quantization.get("group").intValue()).isEqualTo(64);
        assertThat(quantization.get("exempt")).extracting(JsonNode::asText).containsExactly("model.embed_tokens");
    }

    /** The numbers that codes stand for, as a plain model; the planted weight is another if that is asked for. */
    private Path plain(String name, float planted) throws IOException {
        JsonNode weight =
                JSON.readTree(coded(name).resolve("expected.json").toFile()).get("planted");
        Checkpoint checkpoint = CodedTensors.open(coded(name));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            if (!tensor.name().endsWith(".weight")) {
                continue;
            }
            float[] numbers = CodedTensors.numbers(checkpoint, tensor);
            if (tensor.name().equals(weight.get("weight").asText())) {
                int columns = tensor.shape().get(1).intValue();
                numbers[
                        weight.get("row").intValue() * columns
                                + weight.get("column").intValue()] = planted;
            }
            tensors.put(tensor.name(), Tensor.float32(tensor.shape(), numbers));
        }
        Path model = Files.createDirectory(folder.resolve("plain"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(coded(name).resolve("config.json").toFile());
        config.remove("quantization_config");
        Files.write(model.resolve("config.json"), JSON.writeValueAsBytes(config));
        SafetensorsWriter.write(model.resolve("model.safetensors"), tensors);
        return model;
    }

    @Test
    void theOriginalIsToldWithTheError() throws IOException {
        Path original = plain("gptq-4bit-g32", 4);
        String[] options = {"--against", original.toString()};

        JsonNode weight = detected("gptq-4bit-g32", options).at("/superWeights/0");
        CommandRun screen = CommandRun.of(
                "detect",
                coded("gptq-4bit-g32").toString(),
                "--token-ids=" + tokens("gptq-4bit-g32"),
                "--against=" + original,
                "--report=" + folder.resolve("r.json"));

        assertThat(screen.code()).as(screen.err()).isZero();
        assertThat(weight.at("/original/value").floatValue()).isEqualTo(4);
        assertThat(weight.at("/original/error").doubleValue())
                .isEqualTo(weight.get("value").floatValue() - 4);
        assertThat(screen.out())
                .containsPattern("layer \\| +row \\| +column \\| +value \\| original \\|")
                .contains("|  3.73 |     4.00 | -0.2676 |");
        assertThat(screen.outUnbroken()).contains("findings are about the quantized model");
    }

    @Test
    void anOriginalOfOtherSizesIsRefusedInALine() throws IOException {
        CommandRun.of(
                        "detect",
                        coded("gptq-4bit-g32").toString(),
                        "--token-ids=" + tokens("gptq-4bit-g32"),
                        "--against=" + Models.CRITICAL)
                .assertFailed(3, "has 6 layers where", "has 3; name the checkpoint that the model was made from");
        CommandRun.of(
                        "detect",
                        coded("gptq-4bit-g32").toString(),
                        "--token-ids=" + tokens("gptq-4bit-g32"),
                        "--against=" + coded("gptq-4bit-g128-actorder"))
                .assertFailed(
                        3, "has down projections of 128 by 256 in layer 0 where", "has 64 by 128; name the checkpoint");
    }

    /** Where a code stands for zero, and where none does. */
    @ParameterizedTest
    @CsvSource({"gptq-4bit-g32, 1:18:21, true", "mlx-4bit-g64, 1:39:41, false", "bnb-nf4, 1:44:76, true"})
    void aCopyIsWhatTheReportTellsOfIt(String name, String weight, boolean exact) throws IOException {
        Path copy = folder.resolve("copy");
        String ids = "--token-ids=" + tokens(name);

        JsonNode report = printed(
                "ablate", coded(name).toString(), "--weight=" + weight, "--only=remove", ids, "--save-edited=" + copy);
        JsonNode written = report.at("/copy/weights/0");
        JsonNode baseline = printed("ablate", copy.toString(), "--weight=" + weight, "--only=remove", ids);

        assertThat(report.at("/copy/variant").asText()).isEqualTo("remove-1");
        assertThat(report.at("/copy/weights")).hasSize(1);
        assertThat(written.get("wanted").floatValue()).isZero();
        assertThat(written.get("stored").floatValue() == 0).isEqualTo(exact);
        assertThat(baseline.at("/weights/0/value").floatValue())
                .isEqualTo(written.get("stored").floatValue());
        assertThat(baseline.at("/baseline/meanNll").doubleValue())
                .isCloseTo(report.at("/copy/effect/meanNll").doubleValue(), within(1e-5));
        assertThat(report.get("variants")).hasSize(1);
        assertThat(report.at("/copy/effect").equals(report.at("/variants/0/effect")))
                .isEqualTo(exact);
    }

    @ParameterizedTest
    @CsvSource({
        "gguf-iq2_xxs, 1:167:118, weights of type IQ2_XXS cannot be written one by one",
        "gguf-tq1_0, 1:12:15, weights of type TQ1_0 cannot be written one by one",
        "bitnet-online, 1:3:4, weights of type BitNet online 16-bit cannot be written one by one"
    })
    void whatHasNoCodesOfItsOwnIsToldAndNotWritten(String name, String weight, String refusal) throws IOException {
        JsonNode first = detected(name).get("superWeights").path(0);
        if (!first.isMissingNode()) {
            assertThat(first.at("/stored/code").isNull()).isTrue();
            assertThat(first.at("/stored/block").isNull()).isTrue();
            assertThat(first.at("/stored/statement").asText()).endsWith(".");
            assertThat(first.at("/location/bits").isNull()).isTrue();
        }
        CommandRun.of(
                        "ablate",
                        coded(name).toString(),
                        "--weight=" + weight,
                        "--only=remove",
                        "--token-ids=" + tokens(name),
                        "--save-edited=" + folder.resolve("copy"))
                .assertFailed(3, refusal);
    }

    @Test
    void theScreenTellsWhatWasStoredInPlaceOfWhatWasWanted() throws IOException {
        CommandRun run = CommandRun.of(
                "ablate",
                coded("mlx-4bit-g64").toString(),
                "--weight=1:39:*",
                "--token-ids=" + tokens("mlx-4bit-g64"),
                "--save-edited=" + folder.resolve("copy"),
                "--report=" + folder.resolve("r.json"));

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("where no code stands for the value wanted")
                .contains("Copy with remove-1: ");
        assertThat(run.outUnbroken()).contains("more, see the report As it is stored, remove-1 has a perplexity of ");
    }

    private static Tensor wordsOf(int value, Tensor tensor) {
        byte[] data = new byte[tensor.data().length];
        Arrays.fill(data, (byte) value);
        return new Tensor(tensor.dtype(), tensor.shape(), data);
    }

    /** In the last dimension that can be. */
    private static Tensor halved(Tensor tensor) {
        List<Long> shape = new ArrayList<>(tensor.shape());
        int last = shape.size() - 1;
        while (shape.get(last) == 1) {
            last--;
        }
        shape.set(last, shape.get(last) / 2);
        return new Tensor(tensor.dtype(), shape, Arrays.copyOf(tensor.data(), tensor.data().length / 2));
    }

    private static Tensor floats(Tensor tensor) {
        int elements = tensor.data().length / tensor.dtype().bytes();
        return new Tensor(DType.F32, tensor.shape(), new byte[elements * Float.BYTES]);
    }

    private static Map<String, Tensor> tensorsOf(Path model) {
        Checkpoint checkpoint = Checkpoint.open(CheckpointLocation.find(model));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors().values()) {
            byte[] data = StoredBytes.of(checkpoint, tensor).array();
            tensors.put(tensor.name(), new Tensor(tensor.dtype(), tensor.shape(), data));
        }
        return tensors;
    }

    private static Tensor turned(Tensor tensor) {
        List<Long> shape = new ArrayList<>(tensor.shape());
        Collections.reverse(shape);
        return new Tensor(tensor.dtype(), shape, tensor.data());
    }

    private static final Map<String, UnaryOperator<Tensor>> DAMAGE = Map.of(
            "missing", tensor -> null,
            "halved", CodedWeightsTest::halved,
            "turned", CodedWeightsTest::turned,
            "ones", tensor -> wordsOf(-1, tensor),
            "twos", tensor -> wordsOf(2, tensor),
            "nothing", tensor -> wordsOf(0, tensor),
            "floats", CodedWeightsTest::floats);

    @ParameterizedTest
    @CsvSource({
        "mlx-3bit, /quantization/group_size, 0, a group of 0 is not supported",
        "mlx-3bit, /quantization/group_size, 1048577, a group of 1048577 is not supported",
        "mlx-3bit, /quantization/group_size, 32, 'has shape [192, 32] where config.json asks for [192, 64]'",
        "ct-old-3bit-asym, /quantization_config/config_groups/group_0/weights/num_bits, 0, words an output",
        "ct-old-3bit-asym, /quantization_config/config_groups/group_0/weights/num_bits, 4, words an output",
        "ct-8bit-block, /quantization_config/config_groups/group_0/weights/block_structure, '[0, 0]', has shape",
        "ct-int8-block, /quantization_config/config_groups/group_0/weights/block_structure, '[16, 16]', has shape",
        "ct-mixed, /quantization_config/transform_config/config_groups, '{\"R1\": {}}', that inputs are transformed",
        "ct-mixed, /quantization_config/sparsity_config/format, '\"sparse-24-bitmask\"', are not supported",
        "ct-mixed, /quantization_config/config_groups/group_0/format, '\"marlin-24\"', are not supported",
        "modelopt-mixed, /quantization_config/quant_algo, '\"NVFP4_SVD\"', NVFP4_SVD) are not supported"
    })
    void optionsThatDoNotFitAreRefusedInALine(String name, String option, String value, String complaint)
            throws IOException {
        Path model = Models.copy(coded(name), folder.resolve("model"));
        Path config = model.resolve("config.json");
        JsonNode options = JSON.readTree(config.toFile());
        int last = option.lastIndexOf('/');
        ((ObjectNode) options.at(option.substring(0, last))).set(option.substring(last + 1), JSON.readTree(value));
        Files.delete(config);
        JSON.writeValue(config.toFile(), options);

        CommandRun.of("detect", model.toString(), "-q", "--token-ids=" + tokens(name))
                .assertFailed(3, complaint);
    }

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
        "awq-gemm-g128, qweight, halved, has room for 256 bits an output",
        "awq-gemm-g128, scales, missing, which is missing",
        "awq-gemm-g128, qzeros, floats, where words are needed",
        "ct-w4a16-asym-g64, weight_shape, nothing, 'where weight_shape says [0, 0]'",
        "ct-w4a16-asym-g64, weight_shape, missing, which is missing",
        "ct-w4a16-asym-g64, weight_packed, halved, has 8 words an output",
        "ct-w4a16-asym-g64, weight_zero_point, halved, has shape",
        "ct-w4a16-asym-g64, weight_scale, turned, has shape",
        "ct-w4a16-actorder, weight_g_idx, halved, has 64 entries for 128 inputs",
        "ct-w4a16-actorder, weight_g_idx, twos, is in group 33686018",
        "ct-old-3bit-asym, weight_packed, turned, where weight_shape says",
        "ct-old-3bit-asym, weight_zero_point, turned, has shape",
        "ct-old-3bit-asym, weight_scale, ones, holds the scale NaN",
        "ct-5bit-channel-asym, weight_zero_point, floats, where words are needed",
        "ct-8bit-block, weight_scale, turned, has shape",
        "ct-8bit-block, weight_zero_point, halved, for scales",
        "ct-int8-block, weight_scale, halved, has shape",
        "ct-int8-block, weight_scale, ones, holds the scale NaN",
        "ct-mxfp6, weight_packed, halved, has shape",
        "ct-mxfp6, weight_scale, halved, has shape",
        "ct-mxfp6, weight_scale, turned, has shape",
        "ct-mxfp8, weight_scale, ones, holds the scale NaN",
        "ct-mxfp8, weight_scale, turned, has a scale for each 16 by 2 numbers",
        "ct-mxfp8, weight_scale, missing, has no scales",
        "ct-float-block, weight_scale, ones, holds the scale NaN",
        "ct-nvfp4, weight_global_scale, nothing, which scales are divided by",
        "ct-mxfp4, weight_scale, ones, holds the scale NaN",
        "bnb-nf4-double, weight.nested_absmax, missing, which is missing",
        "bnb-nf4-double, weight.quant_map, halved, where 16 are needed",
        "bnb-nf4-double, weight.quant_state.bitsandbytes__nf4, nothing, is not JSON",
        "bnb-nf4, weight.absmax, halved, scales are not",
        "bnb-fp4, weight.quant_state.bitsandbytes__fp4, missing, which is missing",
        "bnb-fp4, weight.absmax, ones, holds the scale NaN",
        "bnb-nf4-blocks-of-512-nested, weight.nested_absmax, missing, which is missing",
        "bnb-nf4-blocks-of-512-nested, weight.nested_quant_map, halved, where 256 are needed",
        "bnb-int8, SCB, halved, has 32 numbers where 64 are needed",
        "bnb-int8, SCB, ones, holds the scale NaN",
        "bnb-int8, weight_format, twos, in the format col_turing",
        "mlx-4bit-g64, biases, missing, which is missing",
        "ct-w4a16-asym-g64, weight_zero_point, missing, which is missing",
        "ct-5bit-channel-asym, weight_zero_point, missing, which is missing",
        "ct-w4a16-actorder, weight_g_idx, missing, which is missing",
        "gptq-4bit-g128-actorder, g_idx, missing, which is missing",
        "hqq-4bit-g64, scale, turned, for groups along axis 1",
        "hqq-4bit-g64, zero, turned, for groups along axis 1",
        "mlx-4bit-g64, scales, halved, has shape",
        "mlx-3bit, weight, halved, bits an output",
        "mlx-3bit, scales, turned, has shape",
        "mlx-3bit, biases, ones, holds the scale NaN",
        "mlx-mxfp8, scales, ones, holds the scale NaN",
        "mlx-mxfp8, scales, halved, for words",
        "hqq-4bit-g64, shape, nothing, 'codes of [0, 0] in groups of 64'",
        "hqq-4bit-g64, group_size, nothing, in groups of 0",
        "hqq-4bit-g64, axis, twos, along axis 33686018",
        "hqq-4bit-g64, packing, nothing, is not supported",
        "hqq-4bit-g64, W_q, halved, for codes that take 4096",
        "hqq-4bit-g64, quant_scale, twos, says that scales are codes themselves",
        "hqq-4bit-g64, channel_wise, nothing, says that there is one scale for all",
        "hqq-4bit-g64, scale, missing, which is missing",
        "hqq-2bit, zero, ones, holds the scale NaN",
        "hqq-3bit-axis0, zero_scale, halved, are needed",
        "hqq-4bit-float, W_q, halved, for codes that take",
        "modelopt-int4-awq, pre_quant_scale, halved, where 128 are needed",
        "modelopt-int4-awq, pre_quant_scale, ones, holds the scale NaN",
        "modelopt-int4-awq, weight_scale, turned, has shape",
        "modelopt-int4-awq, weight_scale, missing, which is missing",
        "modelopt-mixed, weight_scale_2, missing, which is missing",
        "modelopt-mixed, weight_scale, halved, has shape",
        "modelopt-fp8-blocks, weight_scale, ones, holds the scale NaN",
        "modelopt-mxfp4, weight_scale, turned, has shape",
        "modelopt-int8-smoothed, weight_scale, halved, has 32 numbers where 64 are needed",
        "torchao-int8wo, _weight_scale, missing, which is missing",
        "torchao-int8wo, _weight_scale, turned, has shape",
        "torchao-int8-factors, _weight_act_pre_scale, halved, where 128 are needed",
        "torchao-float8-blocks, _weight_scale, halved, none of the granularities",
        "torchao-float8-blocks, _weight_scale, ones, holds the scale NaN",
        "torchao-int3-of-0.14, weight:scale, missing, which is missing",
        "gptq-planes, qweight, halved, has shape",
        "gptq-planes, qzeros, halved, has shape",
        "gptq-embeddings-uneven, g_idx, ones, says that input 0 is in group -1",
        "gptq-embeddings-uneven, g_idx, halved, has shape",
        "autoround-mixed, scales, halved, has shape",
        "autoround-mixed, qweight, halved, has shape",
        "autoround-gptq-odd, scales, ones, holds the scale NaN",
        "autoround-awq-mixed, qzeros, halved, has shape",
        "awq-gemv-g64, scales, halved, has shape",
        "awq-gemv-g64, scales, ones, holds the scale NaN",
        "awq-gemv-g64, qweight, halved, has shape",
        "awq-gemv-g64, qzeros, missing, which is missing",
        "awq-gemv_fast-g64, qweight, halved, has shape",
        "awq-gemv_fast-g64, qweight, floats, is F32 where words of 16 bits are needed",
        "awq-gemv_fast-g64, qzeros, halved, has shape",
        "awq-llm-awq-g64, scaled_zeros, ones, holds the scale NaN",
        "gpt_oss-mxfp4, experts.down_proj_scales, missing, which is missing",
        "gpt_oss-mxfp4, experts.down_proj_scales, halved, for blocks of shape",
        "gpt_oss-mxfp4, experts.down_proj_scales, ones, holds the scale NaN",
        "gpt_oss-mxfp4, experts.down_proj_blocks, halved, '[experts, outputs, blocks, 16] is needed'",
        "gpt_oss-mxfp4, experts.down_proj_blocks, floats, is F32 where bytes of two codes are needed",
        "quanto-int4, weight._shift, missing, which is missing",
        "quanto-int4, weight._shift, halved, where 64 are needed",
        "quanto-int4, weight._scale, ones, holds the scale NaN",
        "quanto-int4, weight._data._data, halved, has shape",
        "quanto-int4-g128, weight._scale, halved, where 64 are needed",
        "quanto-int8, weight._scale, missing, which is missing",
        "quanto-int8, weight._data, halved, has shape",
        "quanto-float8, weight._scale, halved, for 64 outputs",
        "quanto-float8, weight._scale, ones, holds the scale NaN",
        "bitnet-packed, weight, halved, has shape",
        "bitnet-packed, weight, floats, is F32 where bytes of codes are needed",
        "bitnet-packed, weight_scale, nothing, which codes are divided by",
        "bitnet-packed, weight_scale, ones, holds the scale NaN",
        "bitnet-packed, weight_scale, missing, has shape"
    })
    void damagedPartsAreRefusedInALine(String name, String part, String damage, String complaint) throws IOException {
        String damaged = MLP + (part.startsWith("experts.") ? part : "down_proj." + part);
        Path model = Models.copy(coded(name), folder.resolve("model"));
        Map<String, Tensor> tensors = tensorsOf(coded(name));
        Tensor changed = DAMAGE.get(damage).apply(tensors.get(damaged));
        tensors.remove(damaged);
        if (changed != null) {
            tensors.put(damaged, changed);
        }
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gptq-4bit-g32 | checkpoint_format | \"marlin\" | the format marlin is not supported",
                "gptq-4bit-g32 | pack_dtype | \"int16\" | a pack_dtype of int16 is not supported",
                "gptq-4bit-g32 | rotation | \"hadamard\" | the option rotation is not supported",
                "gptq-4bit-g32 | adapter | {\"rank\": 32} | the option adapter is not supported",
                "gptq-4bit-g32 | is_marlin_format | true | the option is_marlin_format is not supported",
                "gptq-4bit-g32 | dynamic | {\"+:(\": {}} | the pattern ( for names of modules is not supported",
                "autoround-gptq-4bit | packing_format | \"auto_round:fp8\" | the packing format auto_round:fp8",
                "autoround-gptq-4bit | data_type | \"mx_fp\" | the data_type mx_fp",
                "autoround-gptq-4bit | act_bits | 8 | with activations of 8 bits is not supported",
                "autoround-gptq-4bit | rotation_config | {\"a\": 1} | the option rotation_config is not supported",
                "autoround-mixed | extra_config | {\"lm_head\": {\"bits\": 4, \"data_type\": \"nv_fp\"}} | the data_type nv_fp",
                "awq-gemm-g128 | version | \"marlin\" | the version marlin is not supported",
                "gptq-4bit-g32 | format | \"gptq_v2\" | a checkpoint_format of gptq with another format beside it",
                "awq-gemv-g64 | group_size | 0 | a group_size of 0 for 128 inputs",
                "awq-gemv-g64 | group_size | 48 | a group_size of 48 for 128 inputs",
                "awq-gemv-g64 | bits | 3 | codes of 3 bits is not supported",
                "bitnet-packed | use_rms_norm | true | (linear_class bitlinear, use_rms_norm true) are not supported"
            })
    void optionsThatChangeTheComputationAreRefusedInALine(String name, String option, String value, String complaint)
            throws IOException {
        Path model = Models.copy(coded(name), folder.resolve("model"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(model.resolve("config.json").toFile());
        ((ObjectNode) config.get("quantization_config")).set(option, JSON.readTree(value));
        Files.writeString(model.resolve("config.json"), config.toString());

        CommandRun.of("inspect", model.toString()).assertFailed(3, "quantization_config: ", complaint);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "awq-gemm-g128 | backend | \"exllama_v2\"",
                "awq-gemm-g128 | version | \"GEMM\"",
                "gptq-4bit-asym | quant_method | null",
                "gptq-4bit-asym | quant_method | \"GPTQ\"",
                "gptq-dynamic | rotation | null",
                "autoround-mixed | data_type | null",
                "gptq-4bit-g32 | group_size | 0"
            })
    void optionsThatChangeNothingArePassedOver(String name, String option, String value) throws IOException {
        Path model = Models.copy(coded(name), folder.resolve("model"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(model.resolve("config.json").toFile());
        ((ObjectNode) config.get("quantization_config")).set(option, JSON.readTree(value));
        Files.writeString(model.resolve("config.json"), config.toString());

        assertMeanNll(model, name);
    }

    @Test
    void scalesOfActivationsAreRefused() throws IOException {
        Path model = Models.copy(coded("awq-gemm-g128"), folder.resolve("model"));
        Map<String, Tensor> tensors = tensorsOf(coded("awq-gemm-g128"));
        tensors.put("model.layers.0.mlp.act.scales", Tensor.float32(List.of(256L), new float[256]));
        SafetensorsWriter.write(model.resolve("model.safetensors"), tensors);

        CommandRun.of("inspect", model.toString())
                .assertFailed(3, "mlp.act.scales: is what activations are divided by, which is not supported");
    }

    /** As gptqmodel saves a Mixtral that transformers 5 has loaded. */
    @Test
    void expertsMayHaveTheNamesThatTheirModulesHaveInTransformers() throws IOException {
        Path model = Models.copy(coded("gptq-mixtral"), folder.resolve("model"));
        Map<String, String> maps = Map.of(".w1.", ".gate_proj.", ".w2.", ".down_proj.", ".w3.", ".up_proj.");
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        tensorsOf(coded("gptq-mixtral")).forEach((name, tensor) -> {
            String other = name.replace(".block_sparse_moe.", ".mlp.");
            for (Map.Entry<String, String> map : maps.entrySet()) {
                other = other.replace(map.getKey(), map.getValue());
            }
            renamed.put(other, tensor);
        });
        SafetensorsWriter.write(model.resolve("model.safetensors"), renamed);

        assertMeanNll(model, "gptq-mixtral");
    }

    private void assertMeanNll(Path model, String name) throws IOException {
        double expected = JSON.readTree(coded(name).resolve("expected.json").toFile())
                .get("mean_cross_entropy")
                .doubleValue();

        CommandRun run = CommandRun.of("detect", model.toString(), "--token-ids=" + tokens(name), "--format=json");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(JSON.readTree(run.out()).at("/baseline/meanNll").doubleValue())
                .isCloseTo(expected, within(1e-5));
    }
}
