package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes and steps in config.json that no model has. */
@Timeout(60)
class ConfigSizesTest {

    /** Python would end with a division by zero. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            qwen2_moe     | 'decoder_sparse_step': 0        | decoder_sparse_step    | is 0 where a whole number from 1 on is needed
            qwen3_moe     | 'decoder_sparse_step': 0        | decoder_sparse_step    | is 0 where a whole number from 1 on is needed
            ernie4_5_moe  | 'moe_layer_interval': 0         | moe_layer_interval     | is 0 where a whole number from 1 on is needed
            smollm3       | 'no_rope_layer_interval': 0     | no_rope_layer_interval | is 0 where a whole number from 1 on is needed
            gemma3_text   | 'sliding_window_pattern': 0     | sliding_window_pattern | is 0 where a whole number from 1 on is needed
            lfm2          | 'block_multiple_of': 0, 'block_ffn_dim_multiplier': 1.5 | block_multiple_of | is 0 where a number other than 0 is needed
            granite       | 'logits_scaling': 0             | logits_scaling         | is 0 where a number other than 0 is needed
            granitemoe    | 'logits_scaling': 0.0           | logits_scaling         | is 0.0 where a number other than 0 is needed
            """)
    void nothingIsDividedByZero(String family, String options, String option, String problem) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> Architectures.small(family, options));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(option);
        assertThat(refusal.problem()).isEqualTo(problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            llama      | 'num_hidden_layers': 10001                             | num_hidden_layers | is 10001, more than 10000
            llama      | 'num_hidden_layers': 10000                             | num_hidden_layers | is 10000, more than there are tensors in the files: 39
            llama      | 'num_hidden_layers': 1001                              | num_hidden_layers | is 1001, more than there are tensors in the files: 39
            llama      | 'num_hidden_layers': 10000, 'hidden_size': 2147483647  | hidden_size       | is 2147483647 where a positive whole number of at most 268435456
            llama      | 'vocab_size': 1e9                                      | vocab_size        | is 1.0E9 where a positive whole number
            llama      | 'vocab_size': 4294967296                               | vocab_size        | is 4294967296 where a positive whole number
            mixtral    | 'num_hidden_layers': 10000, 'num_local_experts': 4096  | num_hidden_layers | is 10000, more than there are tensors in the files: 39
            mixtral    | 'num_hidden_layers': 39, 'num_local_experts': 4096     | num_hidden_layers | is 39, which makes at least 4096 MLPs, more than there are tensors in the files: 39
            mixtral    | 'num_local_experts': 268435456                         | num_local_experts | is 268435456, more than 4096
            granitemoe | 'num_hidden_layers': 39, 'num_local_experts': 4096     | num_hidden_layers | is 39, which makes more than 100000 experts
            """)
    void noMoreIsAskedForThanTheFilesCanHold(String family, String options, String option, String problem) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> describe(family, options, 39));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(option);
        assertThat(refusal.problem()).startsWith(problem);
    }

    @ParameterizedTest
    @CsvSource({"llama, 39", "mixtral, 39", "granitemoe, 3"})
    void aBlockNeedsNoMoreThanATensor(String family, int tensors) {
        assertThatCode(() -> describe(family, "'num_hidden_layers': 3", tensors))
                .doesNotThrowAnyException();
    }

    private static void describe(String family, String options, int tensors) {
        Set<String> names =
                IntStream.range(0, tensors).mapToObj(Integer::toString).collect(Collectors.toSet());
        ObjectNode all = Architectures.smallOptions(family).setAll(Architectures.options("{" + options + "}"));
        Families.describe(new Config(Architectures.CONFIG, all), names);
    }
}
