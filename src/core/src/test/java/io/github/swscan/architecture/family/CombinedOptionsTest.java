package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.attention;
import static io.github.swscan.fixture.Architectures.mlp;
import static io.github.swscan.fixture.Architectures.small;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Attention.Fused;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that mean something only together with others, and lists that are written in short. */
class CombinedOptionsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "falcon     | 'new_decoder_architecture': true, 'parallel_attn': false        | parallel_attn",
                "falcon     | 'new_decoder_architecture': true, 'num_ln_in_parallel_attn': 3  | num_ln_in_parallel_attn",
                "falcon     | 'num_ln_in_parallel_attn': 2                                    | num_ln_in_parallel_attn",
                "falcon     | 'partial_rotary_factor': 0.5                                    | partial_rotary_factor",
                "gptj       | 'rotary_dim': null                                              | rotary_dim",
                "codegen    | 'rotary_dim': null                                              | rotary_dim",
                "openai-gpt | 'afn': 'tanh'                                                   | afn",
                "gpt_neo    | 'attention_layers': ['global', 'local', 'sparse']               | attention_layers",
                "gpt_neo    | 'attention_types': [[['global', 'sparse'], 2]]                  | attention_types"
            })
    void combinationThatNoModelHasIsRefused(String family, String options, String field) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> small(family, options));

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).contains("not supported");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "gpt_neo | 'attention_types': [[['global'], 2]]                    | attention_types",
                "gpt_neo | 'attention_types': [['global', 3]]                      | attention_types",
                "gpt_neo | 'attention_types': [[['global'], 100000000]]            | attention_types",
                "gpt_neo | 'attention_types': 'global'                             | attention_types",
                "gpt_neo | 'attention_layers': ['global']                          | attention_layers",
                "codegen | 'num_attention_heads': 2                                | num_attention_heads",
                "phi     | 'partial_rotary_factor': 0.4                            | partial_rotary_factor",
                "gpt_neox | 'rotary_pct': 0.1                                      | rotary_pct"
            })
    void combinationThatDoesNotFitIsRefused(String family, String options, String field) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> small(family, options));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
    }

    @Test
    void typesOfLayersAreRepeated() {
        Architecture model =
                small("gpt_neo", "'attention_types': [[['local', 'global'], 1], [['local'], 1]], 'window_size': 5");

        assertThat(model.blocks().stream()
                        .map(block -> attention(block).scores().window()))
                .containsExactly(OptionalInt.of(5), OptionalInt.empty(), OptionalInt.of(5));
    }

    @Test
    void typesOfLayersInFullWinOverRepeatedOnes() {
        Architecture model = small(
                "gpt_neo",
                "'attention_types': [[['local'], 3]], 'attention_layers': ['global', 'global', 'local'], 'window_size': 5");

        assertThat(model.blocks().stream()
                        .map(block -> attention(block).scores().window()))
                .containsExactly(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(5));
    }

    @ParameterizedTest
    @CsvSource({"0.25, 2, 2", "0.4, 3, 4", "0.2, 1, 2", "1.0, 8, 8"})
    void oddRotaryPartIsRoundedUpToPairs(double fraction, int size, int turned) {
        Rotary rotary = attention(
                        small("gpt_neox", "'rotary_pct': " + fraction).blocks().get(0))
                .rotary()
                .orElseThrow();

        assertThat(rotary.size()).isEqualTo(size);
        assertThat(rotary.turned()).isEqualTo(turned);
        assertThat(rotary.frequencies(5)).hasSize(turned / 2);
        assertThat(rotary.frequencies(5)[turned / 2 - 1]).isEqualTo(Math.pow(10000, -2.0 * (turned / 2 - 1) / size));
    }

    @ParameterizedTest
    @CsvSource({"false, true, 4, 1, 1", "false, false, 4, 4, 4", "true, true, 4, 2, 2"})
    void headsOfFusedProjectionsFollowTheOptions(
            boolean newArchitecture, boolean multiQuery, int heads, int keyValueHeads, int groups) {
        Attention attention = attention(small(
                        "falcon",
                        "'new_decoder_architecture': %s, 'multi_query': %s, 'num_kv_heads': 2"
                                .formatted(newArchitecture, multiQuery))
                .blocks()
                .get(0));

        assertThat(attention.heads()).isEqualTo(heads);
        assertThat(attention.keyValueHeads()).isEqualTo(keyValueHeads);
        assertThat(((Fused) attention.projections()).groups()).isEqualTo(groups);
    }

    @Test
    void onlyTheLastLayersOutputIsBiased() {
        List<Block> blocks = small("gpt_neox_japanese", "").blocks();

        assertThat(blocks.stream().map(block -> attention(block).output().bias().isPresent()))
                .containsExactly(false, false, true);
        assertThat(attention(blocks.get(2)).output().bias())
                .contains("gpt_neox_japanese.layers.2.attention.dense_bias");
    }

    @Test
    void slicedOutputsLoseTheirBiases() {
        Block block = small("bloom", "'slow_but_exact': true, 'pretraining_tp': 2")
                .blocks()
                .get(0);

        assertThat(attention(block).output().bias()).isEmpty();
        assertThat(mlp(block).down().bias()).isEmpty();
        assertThat(mlp(block).linears()).anyMatch(linear -> linear.bias().isPresent());
    }
}
