package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Quantization;
import io.github.swscan.architecture.Quantization.Block;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationTest {

    private static final Path FILE = Path.of("config.json");
    private static final long ALL = Long.MAX_VALUE;

    @TempDir
    private Path folder;

    private static Config config(String json) {
        try {
            return new Config(FILE, JsonMapper.builder().build().readTree(json.replace('\'', '"')));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Config quantized(String options) {
        return config("{'quantization_config': " + options + "}");
    }

    private static Quantization read(String options) {
        return QuantizationReader.read(quantized(options)).orElseThrow();
    }

    private static String compressedTensors(String weights) {
        return "{'quant_method': 'compressed-tensors', 'format': 'float-quantized', 'ignore': ['lm_head'], "
                + "'kv_cache_scheme': null, 'config_groups': {'group_0': {'targets': ['Linear'], 'input_activations': "
                + "{'num_bits': 8, 'type': 'float'}, 'weights': " + weights + "}}}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'quantization_config': null}", "{'quantization': 'none'}", "{'text_config': {}}"})
    void nothingIsSaid(String options) {
        assertThat(QuantizationReader.read(config(options))).isEmpty();
    }

    @Test
    void sizesOfBlocksAreSaid() {
        String fp8 = "{'quant_method': 'fp8', 'fmt': 'e4m3', 'activation_scheme': 'dynamic', 'weight_block_size': ";
        assertThat(read(fp8 + "[128, 64]}").blocks()).containsExactly(new Block(128, 64));
        assertThat(read(fp8 + "null}").blocks()).isEmpty();
        assertThat(read("{'quant_method': 'fp8', 'activation_scheme': 'static'}")
                        .blocks())
                .isEmpty();
        assertThat(read("{'quant_method': 'fbgemm_fp8', 'activation_scale_ub': 1200.0}")
                        .blocks())
                .containsExactly(new Block(1, ALL));
        assertThat(read("{'quant_method': 'modelopt', 'quant_algo': 'FP8'}").blocks())
                .isEmpty();
        assertThat(read(compressedTensors("{'num_bits': 8, 'type': 'float', 'strategy': 'tensor'}"))
                        .blocks())
                .containsExactly(new Block(ALL, ALL));
        assertThat(read(compressedTensors("{'num_bits': 8, 'type': 'float', 'strategy': 'channel'}"))
                        .blocks())
                .containsExactly(new Block(1, ALL));
        assertThat(read(compressedTensors("{'num_bits': 8, 'type': 'float', 'strategy': 'group', 'group_size': 32}"))
                        .blocks())
                .containsExactly(new Block(1, 32));
        assertThat(read(compressedTensors("{'num_bits': 8, 'type': 'float', 'strategy': 'block', "
                                + "'block_structure': [128, 128]}"))
                        .blocks())
                .containsExactly(new Block(128, 128));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fp8_pb_wo",
                "MXFP8",
                "mxfp4",
                "W4A16_AWQ",
                "W4A8_AWQ",
                "W8A8_SQ_PER_CHANNEL",
                "W4A8_NVFP4_FP8",
                "MIXED_PRECISION"
            })
    void algorithmsOfModelOptAreSaidInAnyCase(String algorithm) {
        assertThat(read("{'quant_method': 'modelopt', 'quant_algo': '" + algorithm + "'}")
                        .blocks())
                .isEmpty();
    }

    @Test
    void whatMlxSaysComesBeforeWhatItWasConvertedFrom() {
        Quantization quantization = QuantizationReader.read(config("{'quantization': {'bits': 4, 'group_size': 64},"
                        + " 'quantization_config': {'quant_method': 'fp8', 'weight_block_size': [128, 128]}}"))
                .orElseThrow();

        assertThat(quantization.option()).isEqualTo("quantization");
        assertThat(quantization.blocks()).isEmpty();
    }

    @Test
    void formatsOfCompressedTensorsAreSaidForEachGroup() {
        String weights = "{'num_bits': 8, 'type': 'float', 'strategy': 'group', 'group_size': 32}";
        String integers = "{'num_bits': 8, 'type': 'int', 'strategy': 'channel'}";
        String groups = "'a': {'format': 'mxfp8-quantized', 'weights': " + weights
                + "}, 'b': {'format': 'naive-quantized', " + "'weights': " + integers
                + "}, 'c': {'format': 'mxfp6-pack-quantized', 'weights': " + weights + "}";

        assertThat(read("{'quant_method': 'compressed-tensors', 'format': 'mixed-precision', 'config_groups': {"
                                + groups + "}}")
                        .blocks())
                .containsExactly(new Block(1, 32));
    }

    @Test
    void textModelOfALargerModelMaySayIt() {
        Quantization quantization = QuantizationReader.read(
                        config(
                                "{'text_config': {'quantization_config': {'quant_method': 'fp8', 'weight_block_size': [8, 8]}}}"))
                .orElseThrow();

        assertThat(quantization.option()).isEqualTo("text_config.quantization_config");
        assertThat(quantization.blocks()).containsExactly(new Block(8, 8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'w_bit': 4} | (w_bit 4)",
                "{'quant_method': 'aqlm'} | with \"aqlm\"",
                "{'quant_method': 'eetq', 'weights': 'int8'} | with \"eetq\" (weights int8)",
                "{'quant_method': 'spqr', 'bits': 3} | with \"spqr\" (bits 3)",
                "{'quant_method': 'vptq'} | with \"vptq\"",
                "{'quant_method': 'higgs', 'bits': 4} | with \"higgs\" (bits 4)",
                "{'quant_method': 'fp_quant'} | with \"fp_quant\"",
                "{'quant_method': 'quark'} | with \"quark\"",
                "{'quant_method': 'exl2', 'bits': 4.65} | with \"exl2\" (bits 4.65)",
                "{'quant_method': 'bitnet', 'linear_class': 'bitlinear2'} | with \"bitnet\" (linear_class bitlinear2)",
                "{'quant_method': 'bitnet', 'quantization_mode': 'qat'} | with \"bitnet\" (quantization_mode qat)",
                "{'quant_method': 'bitnet', 'use_rms_norm': true} | with \"bitnet\" (use_rms_norm true)",
                "{'quant_method': 'fp8', 'fmt': 'e4m3fnuz'} | with \"fp8\" (fmt e4m3fnuz)",
                "{'quant_method': 'fp8', 'fmt': 'e5m2fnuz'} | with \"fp8\" (fmt e5m2fnuz)",
                "{'quant_method': 'compressed-tensors', 'format': 'dense'} | with \"compressed-tensors\" (format dense)",
                "{'quant_method': 'compressed-tensors', 'format': 'mixed-precision', 'config_groups': {'a': {'weights': {}}}}"
                        + " | with \"compressed-tensors\" (format mixed-precision)",
                "{'quant_method': 'modelopt', 'quant_algo': 'NVFP4_SVD'} | with \"modelopt\" (quant_algo NVFP4_SVD)",
                "{'bits': 4} | (bits 4)",
                "{} | are not supported"
            })
    void othersAreRefusedByName(String options, String named) {
        InputException refusal =
                catchThrowableOfType(InputException.class, () -> QuantizationReader.read(quantized(options)));

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.getMessage())
                .startsWith("config.json: quantization_config: weights quantized ")
                .contains(named)
                .endsWith("are not supported; scan the checkpoint it was quantized from");
    }

    @Test
    void partsOfFloatQuantizedThatAreNotAreRefused() {
        for (String weights : List.of(
                "{'num_bits': 8, 'type': 'int', 'strategy': 'channel'}",
                "{'num_bits': 4, 'type': 'float', 'strategy': 'channel'}",
                "{'num_bits': 8, 'type': 'float', 'strategy': 'attn_head'}",
                "{'num_bits': 8, 'type': 'float'}")) {
            assertThat(catchThrowableOfType(InputException.class, () -> read(compressedTensors(weights))))
                    .isInstanceOf(UnsupportedInputException.class);
        }
        ObjectNode sparse =
                (ObjectNode) quantized(compressedTensors("{'num_bits': 8, 'type': 'float', 'strategy': 'channel'}"))
                        .options();
        ((ObjectNode) sparse.get("quantization_config"))
                .putObject("sparsity_config")
                .put("format", "sparse-24-bitmask");
        assertThat(catchThrowableOfType(InputException.class, () -> QuantizationReader.read(new Config(FILE, sparse))))
                .isInstanceOf(UnsupportedInputException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'compression_config': {'format': 'dense'}} | compression_config: weights quantized (format dense)",
                "{'quantization': {'bits': 4}} | quantization: weights quantized (bits 4)",
                "{'text_config': {'quantization_config': {'quant_method': 'eetq'}}}"
                        + " | text_config.quantization_config: weights quantized with \"eetq\""
            })
    void itMayStandElsewhere(String options, String named) {
        assertThat(catchThrowableOfType(InputException.class, () -> QuantizationReader.read(config(options))))
                .hasMessageStartingWith("config.json: " + named + " are not supported");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'fp8' | quantization_config",
                "[1] | quantization_config",
                "{'quant_method': 'fp8', 'weight_block_size': [0, 128]} | quantization_config.weight_block_size",
                "{'quant_method': 'fp8', 'weight_block_size': [128]} | quantization_config.weight_block_size",
                "{'quant_method': 'fp8', 'weight_block_size': 128} | quantization_config.weight_block_size",
                "{'quant_method': 'fp8', 'weight_block_size': [1e12, 1]} | quantization_config.weight_block_size"
            })
    void whatMakesNoSenseIsMalformed(String options, String field) {
        InputException refusal =
                catchThrowableOfType(InputException.class, () -> QuantizationReader.read(quantized(options)));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
    }

    private TensorInfo weight(DType type, List<Long> scales) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("a.weight", new Tensor(type, List.of(48L, 40L), new byte[48 * 40 * type.bytes()]));
        if (!scales.isEmpty()) {
            int count = (int) scales.stream().mapToLong(length -> length).reduce(1, (a, b) -> a * b);
            tensors.put("a.weight_scale", Tensor.float32(scales, new float[count]));
        }
        Path file = SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
        return Checkpoint.open(CheckpointLocation.find(file)).find("a.weight").orElseThrow();
    }

    @Test
    void scalesMustBeThere() {
        Quantization quantization = read("{'quant_method': 'fp8'}");

        assertThatCode(() -> quantization.check(weight(DType.BF16, List.of()))).doesNotThrowAnyException();
        assertThat(catchThrowableOfType(
                        InputException.class, () -> quantization.check(weight(DType.F8_E4M3, List.of()))))
                .hasMessageContaining("a.weight: is F8_E4M3 and has no scales, which quantization_config");
        assertThat(catchThrowableOfType(
                        InputException.class, () -> quantization.check(weight(DType.F8_E5M2, List.of()))))
                .isInstanceOf(MalformedInputException.class);
    }

    @ParameterizedTest
    @CsvSource({"16, 16, 3, 3", "64, 64, 1, 1", "48, 40, 1, 1", "16, 128, 3, 1", "1, 128, 48, 1"})
    void blocksAreThoseThatAreSaid(int rows, int columns, long scaleRows, long scaleColumns) {
        Quantization quantization =
                read("{'quant_method': 'fp8', 'weight_block_size': [" + rows + ", " + columns + "]}");

        assertThatCode(() -> quantization.check(weight(DType.F8_E4M3, List.of(scaleRows, scaleColumns))))
                .doesNotThrowAnyException();
    }

    /** 24 rows a block make two of them, as 32 do: without what config.json says they would be taken for 32. */
    @ParameterizedTest
    @CsvSource({"24, 64, 2, 1", "16, 16, 1, 1", "16, 16, 3, 2", "32, 32, 48, 1", "8, 64, 3, 1"})
    void otherBlocksAreRefused(int rows, int columns, long scaleRows, long scaleColumns) {
        Quantization quantization =
                read("{'quant_method': 'fp8', 'weight_block_size': [" + rows + ", " + columns + "]}");

        assertThat(catchThrowableOfType(
                        InputException.class,
                        () -> quantization.check(weight(DType.F8_E4M3, List.of(scaleRows, scaleColumns)))))
                .hasMessageContaining("a.weight_scale: has a scale for each ")
                .hasMessageContaining("not what quantization_config of config.json says");
    }
}
