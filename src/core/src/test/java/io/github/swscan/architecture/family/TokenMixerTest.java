package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.attention;
import static io.github.swscan.fixture.Architectures.small;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.LightningAttention;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.InputException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokenMixerTest {

    private static final String SMALL_HEADS = "'num_local_experts': 4, 'num_experts_per_tok': 2";

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseIsRefusedByName(String family, String options, String option, String problem) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> small(family, options));

        assertThat(refusal).isNotNull();
        assertThat(refusal.field()).isEqualTo(option);
        assertThat(refusal.problem()).contains(problem);
    }

    static Stream<Arguments> nonsense() {
        String convolutions = "'layer_types': ['conv', 'conv', 'conv'], ";
        String lightning = "'layer_types': ['linear_attention', 'linear_attention', 'full_attention'], ";
        return Stream.of(
                Arguments.of("lfm2", convolutions + "'conv_L_cache': 0", "conv_L_cache", "is 0"),
                Arguments.of("lfm2", convolutions + "'conv_L_cache': 3.5", "conv_L_cache", "is 3.5"),
                Arguments.of("lfm2", convolutions + "'conv_L_cache': 5000", "conv_L_cache", "more than 4096"),
                Arguments.of("lfm2", convolutions + "'conv_bias': 1", "conv_bias", "true or false"),
                Arguments.of("lfm2", "'layer_types': ['conv']", "layer_types", "none for layer 1"),
                Arguments.of("lfm2", "'block_multiple_of': 'x'", "block_multiple_of", "a number"),
                Arguments.of("minimax", lightning + "'block_size': 0", "block_size", "is 0"),
                Arguments.of("minimax", lightning + "'num_attention_heads': 'x'", "num_attention_heads", "is \"x\""),
                Arguments.of(
                        "minimax",
                        lightning + "'num_attention_heads': 6, 'head_dim': null",
                        "num_attention_heads",
                        "does not divide"),
                Arguments.of(
                        "minimax",
                        lightning + "'head_dim': 200000000",
                        "num_attention_heads",
                        "makes a token mixer of 800000000 channels"),
                Arguments.of("minimax", lightning + "'hidden_act': 'sine'", "hidden_act", "\"sine\""),
                Arguments.of(
                        "minimax",
                        "'layer_types': ['full_attention', 'sliding_attention', 'linear_attention']",
                        "layer_types",
                        "\"sliding_attention\""),
                Arguments.of(
                        "jetmoe",
                        SMALL_HEADS + ", 'num_attention_heads': 6",
                        "num_attention_heads",
                        "is 6, but 2 experts of 2 heads make 4"),
                Arguments.of("jetmoe", SMALL_HEADS + ", 'num_key_value_heads': 0", "num_key_value_heads", "is 0"),
                Arguments.of("jetmoe", "'num_local_experts': 1", "num_experts_per_tok", "only 1 experts"),
                Arguments.of("jetmoe", "'num_local_experts': 5000", "num_local_experts", "more than 4096"),
                Arguments.of("jetmoe", SMALL_HEADS + ", 'head_dim': 7", "head_dim", "pair channels"),
                Arguments.of(
                        "diffllama",
                        "'num_attention_heads': 3, 'num_key_value_heads': 3",
                        "num_attention_heads",
                        "heads come in pairs"));
    }

    @Test
    void layerTypesChooseTheMixer() {
        assertThat(mixers("lfm2", "'layer_types': ['conv', 'full_attention', 'anything']"))
                .containsExactly(ShortConvolution.class, Attention.class, ShortConvolution.class);
        assertThat(mixers("lfm2", "'full_attn_idxs': [0, 2]"))
                .containsExactly(Attention.class, ShortConvolution.class, Attention.class);
        assertThat(mixers("lfm2", "")).containsOnly(Attention.class);
        assertThat(mixers("minimax", "")).containsExactly(Attention.class, LightningAttention.class, Attention.class);
    }

    private static List<Class<?>> mixers(String family, String options) {
        return small(family, options).blocks().stream()
                .<Class<?>>map(block -> block.mixer().getClass())
                .toList();
    }

    @Test
    void widthOfShortConvolutionModelsIsAdjusted() {
        assertThat(small("lfm2", "'block_multiple_of': 7").intermediateSize()).isEqualTo(35);
        assertThat(small("lfm2", "'block_multiple_of': 8").intermediateSize()).isEqualTo(32);
        assertThat(small("lfm2", "'block_multiple_of': 8, 'block_ffn_dim_multiplier': 1.3")
                        .intermediateSize())
                .isEqualTo(48);
        assertThat(small("lfm2", "'block_ffn_dim_multiplier': null, 'intermediate_size': 50")
                        .intermediateSize())
                .isEqualTo(33);
        assertThat(small("lfm2", "'block_auto_adjust_ff_dim': false, 'block_ff_dim': 50")
                        .intermediateSize())
                .isEqualTo(50);
    }

    @Test
    void firstLambdaOfDifferentialAttentionGrowsWithTheLayer() {
        List<Block> blocks = small("diffllama", "").blocks();

        assertThat(attention(blocks.get(0)).difference().orElseThrow().initial())
                .isCloseTo(0.2, within(1e-12));
        assertThat(attention(blocks.get(2)).difference().orElseThrow().initial())
                .isCloseTo(0.8 - 0.6 * Math.exp(-0.6), within(1e-12));
    }

    @Test
    void decaysAreReadWhereTheCheckpointHasThem() {
        Config config = new Config(Architectures.CONFIG, Architectures.smallOptions("minimax"));
        String stored = "model.layers.1.self_attn.key_decay";

        LightningAttention computed = lightning(Families.describe(config, Set.of("model.embed_tokens.weight")));
        Architecture whole = Families.describe(config, Set.of("model.embed_tokens.weight", stored));
        LightningAttention read = lightning(whole);

        assertThat(computed.decays()).isEmpty();
        assertThat(computed.slopes().slope(3)).isCloseTo((1 - 1 / 2.00001 + 1e-5) / 256, within(1e-9));
        assertThat(read.decays().orElseThrow().key()).isEqualTo(stored);
        assertThat(Parameters.of(whole)).containsKey("model.layers.1.self_attn.diagonal_decay");
    }

    private static LightningAttention lightning(Architecture model) {
        return (LightningAttention) model.blocks().get(1).mixer();
    }

    @Test
    void sequencesEndWherePositionsAreComputedOtherwise() {
        assertThat(small("qwen", "'seq_length': 48").embedding().longestSequence())
                .contains(48);
        assertThat(small("qwen", "'seq_length': 48, 'use_dynamic_ntk': false, 'use_logn_attn': false")
                        .embedding()
                        .longestSequence())
                .isEmpty();
        assertThat(small("internlm", "'rotary': {'base': 10000, 'type': 'dynamic'}")
                        .embedding()
                        .longestSequence())
                .contains(64);
        assertThat(small("internlm", "'rotary': {'base': 10000, 'type': 'origin'}")
                        .embedding()
                        .longestSequence())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("uncertain")
    void whatIsNotDescribedIsRefusedByName(String family, String options, String option) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> small(family, options));

        assertThat(refusal).isNotNull();
        assertThat(refusal.field()).isEqualTo(option);
    }

    static Stream<Arguments> uncertain() {
        return Stream.of(
                Arguments.of("baichuan", "'rope_scaling': {'type': 'linear', 'factor': 2}", "rope_scaling"),
                Arguments.of("internlm", "'rotary': {'type': 'other'}", "rotary.type"),
                Arguments.of("internlm2", "'rope_scaling': {'type': 'yarn'}", "rope_scaling.type"),
                Arguments.of("minicpm", "'rope_scaling': {'rope_type': 'longrope'}", "rope_scaling.rope_type"),
                Arguments.of("minicpm", "'sparse_config': {'kernel_size': 32}", "sparse_config"),
                Arguments.of("minicpm", "'num_experts': 8", "num_experts"),
                Arguments.of("deepseek", "'scoring_func': 'sigmoid'", "scoring_func"),
                Arguments.of("chatglm", "'inner_hidden_size': 64", "inner_hidden_size"),
                Arguments.of("chatglm", "'rope_ratio': 50", "rope_ratio"),
                Arguments.of("aquila", "'rope_theta': 1000000.0", "rope_theta"));
    }
}
