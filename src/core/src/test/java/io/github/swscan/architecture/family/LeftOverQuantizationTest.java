package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeftOverQuantizationTest {

    private static Config config(String json) {
        try {
            return new Config(
                    Path.of("config.json"), JsonMapper.builder().build().readTree(json.replace('\'', '"')));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static List<TensorInfo> tensors(DType... types) {
        return Arrays.stream(types)
                .map(type ->
                        new TensorInfo("a", type, List.of(2L, 2L), List.of(2L, 1L), Path.of("a"), 0, 4L * type.bytes()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'a': 1, 'quantization_config': {'quant_method': 'bitsandbytes', 'load_in_4bit': true}}",
                "{'a': 1, 'quantization_config': {'quant_method': 'gptq', 'bits': 4}}",
                "{'a': 1, 'compression_config': {'format': 'pack-quantized'}}",
                "{'a': 1, 'quantization_config': {'quant_method': 'bitnet', 'quantization_mode': 'online'}}",
                "{'a': 1, 'quantization': {'bits': 4}, 'quantization_config': {'bits': 4}}"
            })
    void isRemovedWhereAllWeightsArePlain(String json) {
        assertThat(LeftOverQuantization.removed(config(json), tensors(DType.BF16, DType.F32)))
                .isEqualTo(config("{'a': 1}"));
    }

    @Test
    void isRemovedFromTheSectionOfATextModelToo() {
        Config config = config("{'text_config': {'a': 1, 'quantization_config': {'quant_method': 'bitsandbytes'}}}");

        assertThat(LeftOverQuantization.removed(config, tensors(DType.F16)))
                .isEqualTo(config("{'text_config': {'a': 1}}"));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"I32", "U8", "I8", "F8_E4M3"})
    void staysWhereSomeAreNot(DType stored) {
        Config config = config("{'quantization_config': {'quant_method': 'gptq'}}");
        assertThat(LeftOverQuantization.removed(config, tensors(DType.BF16, stored)))
                .isSameAs(config);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'quantization_config': null}",
                "{'quantization': {}}",
                "{'quantization_config': {'quant_method': 'bitnet', 'linear_class': 'autobitlinear', "
                        + "'quantization_mode': 'online'}}"
            })
    void staysWhereNothingIsSaidAndWhereNumbersAreRoundedLater(String json) {
        Config config = config(json);
        assertThat(LeftOverQuantization.removed(config, tensors(DType.BF16))).isSameAs(config);
    }
}
