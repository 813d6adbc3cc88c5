package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.attention;
import static io.github.swscan.fixture.Architectures.exactly;
import static io.github.swscan.fixture.Architectures.mlp;
import static io.github.swscan.fixture.Architectures.small;
import static io.github.swscan.fixture.Architectures.smallOptions;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.Norm;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.RotaryScaling;
import io.github.swscan.fixture.Architectures;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

public class FamiliesTest {

    public static List<String> families() {
        return List.of("gpt2", "llama", "mistral", "qwen2", "qwen3");
    }

    @Test
    void namesAreSortedAndDescribed() {
        assertThat(Families.names()).isSorted().contains("gpt2", "llama", "mistral", "qwen2", "qwen3");
        assertThat(families())
                .allSatisfy(family -> assertThat(small(family, "").family()).isEqualTo(family));
    }

    /** The defaults are those of the configuration classes of Hugging Face transformers 4.57. */
    @ParameterizedTest
    @CsvSource({
        "llama,   32000,   4096, 11008, 32, 32, 32, 128, 2048,   SILU,      1e-6, false",
        "mistral, 32000,   4096, 14336, 32, 32, 8,  128, 131072, SILU,      1e-6, false",
        "qwen2,   151936,  4096, 22016, 32, 32, 32, 128, 32768,  SILU,      1e-6, false",
        "qwen3,   151936,  4096, 22016, 32, 32, 32, 128, 32768,  SILU,      1e-6, false",
        "gpt2,    50257,   768,  3072,  12, 12, 12, 64,  1024,   GELU_TANH, 1e-5, true"
    })
    void whatConfigLeavesOutIsTheFamilysDefault(
            String family,
            int vocabulary,
            int hidden,
            int intermediate,
            int layers,
            int heads,
            int keyValueHeads,
            int headSize,
            int context,
            Activation.Function activation,
            double epsilon,
            boolean tied) {
        Architecture model = exactly(family, "");

        assertThat(model.vocabularySize()).isEqualTo(vocabulary);
        assertThat(model.hiddenSize()).isEqualTo(hidden);
        assertThat(model.intermediateSize()).isEqualTo(intermediate);
        assertThat(model.layers()).isEqualTo(layers);
        assertThat(model.contextLength()).isEqualTo(context);
        assertThat(model.languageHead()
                        .vocabulary()
                        .weight()
                        .equals(model.embedding().tokens()))
                .isEqualTo(tied);
        assertThat(model.finalNorm().orElseThrow().epsilon()).isEqualTo(epsilon);
        assertThat(model.blocks()).allSatisfy(block -> {
            assertThat(attention(block).heads()).isEqualTo(heads);
            assertThat(attention(block).keyValueHeads()).isEqualTo(keyValueHeads);
            assertThat(attention(block).headSize()).isEqualTo(headSize);
            assertThat(attention(block).scores().scale()).isEqualTo(1 / Math.sqrt(headSize));
            assertThat(mlp(block).activation().function()).isEqualTo(activation);
            assertThat(block.mixerResidual().inputNorm().orElseThrow().epsilon())
                    .isEqualTo(epsilon);
            assertThat(block.feedForwardResidual().inputNorm().orElseThrow().epsilon())
                    .isEqualTo(epsilon);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "llama,   false, false, false",
        "mistral, false, false, false",
        "qwen2,   true,  false, false",
        "qwen3,   false, false, false",
        "gpt2,    true,  true,  true"
    })
    void biasesAreTheFamilysDefault(String family, boolean queryKeyValue, boolean output, boolean mlp) {
        assertBiases(exactly(family, ""), queryKeyValue, output, mlp);
    }

    /** What a family has no option for is not an option of its configuration class either, and is not looked at. */
    @ParameterizedTest
    @CsvSource({
        "llama,   true,  true,  true,  true,  true",
        "llama,   true,  false, true,  true,  false",
        "llama,   false, true,  false, false, true",
        "mistral, true,  true,  false, false, false",
        "qwen2,   false, true,  true,  false, false",
        "qwen3,   true,  true,  true,  true,  false",
        "gpt2,    false, false, true,  true,  true"
    })
    void biasesFollowTheOptionsOfTheFamily(
            String family, boolean attentionBias, boolean mlpBias, boolean queryKeyValue, boolean output, boolean mlp) {
        Architecture model = small(family, "'attention_bias': %s, 'mlp_bias': %s".formatted(attentionBias, mlpBias));

        assertBiases(model, queryKeyValue, output, mlp);
    }

    private static void assertBiases(Architecture model, boolean queryKeyValue, boolean output, boolean mlp) {
        assertThat(model.blocks()).allSatisfy(block -> {
            assertThat(attention(block).projections().linears())
                    .allMatch(linear -> linear.bias().isPresent() == queryKeyValue);
            assertThat(attention(block).output().bias().isPresent()).isEqualTo(output);
            assertThat(mlp(block).linears()).allMatch(linear -> linear.bias().isPresent() == mlp);
        });
        assertThat(model.languageHead().vocabulary().bias()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "llama,   10000, true",
        "mistral, 10000, true",
        "qwen2,   10000, true",
        "qwen3,   10000, true",
        "gpt2,    0,     false"
    })
    void rotaryPositionsAreTheFamilysDefault(String family, double base, boolean rotary) {
        assertThat(exactly(family, "").blocks())
                .allSatisfy(block -> assertThat(attention(block).rotary())
                        .isEqualTo(
                                rotary
                                        ? Optional.of(new Rotary(
                                                0,
                                                attention(block).headSize(),
                                                Rotary.Pairing.HALVES,
                                                false,
                                                base,
                                                new RotaryScaling.None(),
                                                1))
                                        : Optional.empty()));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void nullCountsAsTransformersTakesIt(String family, String options, String sameAs) {
        assertThat(small(family, options)).isEqualTo(small(family, sameAs));
    }

    static Stream<Arguments> nulls() {
        return Stream.of(
                Arguments.of("llama", "'num_key_value_heads': null", "'num_key_value_heads': 4"),
                Arguments.of("mistral", "'num_key_value_heads': null", "'num_key_value_heads': 4"),
                Arguments.of("qwen2", "'num_key_value_heads': null", "'num_key_value_heads': 4"),
                Arguments.of("qwen3", "'num_key_value_heads': null", "'num_key_value_heads': 4"),
                Arguments.of("llama", "'head_dim': null", "'head_dim': 8"),
                Arguments.of("mistral", "'head_dim': null", "'head_dim': 8"),
                Arguments.of("llama", "'rope_scaling': null", ""),
                Arguments.of("qwen3", "'rope_scaling': null, 'rope_parameters': null", ""),
                Arguments.of("qwen2", "'use_sliding_window': null", "'use_sliding_window': false"),
                Arguments.of("qwen2", "'layer_types': null", ""),
                Arguments.of("llama", "'attention_bias': null", "'attention_bias': false"),
                Arguments.of("llama", "'tie_word_embeddings': null", "'tie_word_embeddings': false"),
                Arguments.of("gpt2", "'tie_word_embeddings': null", "'tie_word_embeddings': false"),
                Arguments.of("gpt2", "'scale_attn_weights': null", "'scale_attn_weights': false"),
                Arguments.of("gpt2", "'n_inner': null", "'n_inner': 128"),
                Arguments.of("llama", "'quantization_config': null", ""),
                Arguments.of("qwen2", "'use_mrope': null", ""),
                Arguments.of("llama", "'pruned_heads': null, 'is_encoder_decoder': null", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "mistral", "qwen2", "qwen3"})
    void headSizeNeedNotFollowFromTheHiddenSize(String family) {
        Architecture model = small(family, "'head_dim': 12");

        Attention attention = attention(model.blocks().get(0));
        Attention.Separate projections = (Attention.Separate) attention.projections();
        assertThat(attention.headSize()).isEqualTo(12);
        assertThat(projections.query().outputs()).isEqualTo(48);
        assertThat(projections.key().outputs()).isEqualTo(24);
        assertThat(projections.value().outputs()).isEqualTo(24);
        assertThat(attention.output().inputs()).isEqualTo(48);
        assertThat(attention.output().outputs()).isEqualTo(32);
        assertThat(attention.scores().scale()).isEqualTo(1 / Math.sqrt(12));
        assertThat(attention.rotary().orElseThrow().size()).isEqualTo(12);
    }

    @Test
    void headSizeOfQwen3IsNotDerived() {
        ObjectNode options = smallOptions("qwen3");
        options.remove("head_dim");

        assertThat(attention(Architectures.describe(options).blocks().get(0)).headSize())
                .isEqualTo(128);
    }

    @Test
    void onlyQwen3NormsQueriesAndKeys() {
        for (String family : families()) {
            Attention attention = attention(small(family, "").blocks().get(2));

            assertThat(attention.queryNorm().isPresent()).isEqualTo(family.equals("qwen3"));
            assertThat(attention.keyNorm().isPresent()).isEqualTo(family.equals("qwen3"));
        }
        Attention attention =
                attention(small("qwen3", "'rms_norm_eps': 1e-3").blocks().get(2));
        assertThat(attention.queryNorm())
                .contains(new Norm(
                        Norm.Kind.RMS,
                        8,
                        OptionalInt.empty(),
                        false,
                        List.of("model.layers.2.self_attn.q_norm.weight"),
                        List.of(),
                        0,
                        1e-3));
        assertThat(attention.keyNorm())
                .contains(new Norm(
                        Norm.Kind.RMS,
                        8,
                        OptionalInt.empty(),
                        false,
                        List.of("model.layers.2.self_attn.k_norm.weight"),
                        List.of(),
                        0,
                        1e-3));
    }

    @ParameterizedTest
    @MethodSource("families")
    void tiedHeadIsTheEmbedding(String family) {
        Architecture tied = small(family, "'tie_word_embeddings': true");
        Architecture untied = small(family, "'tie_word_embeddings': false");

        assertThat(tied.languageHead().vocabulary().weight())
                .isEqualTo(tied.embedding().tokens());
        assertThat(untied.languageHead().vocabulary().weight()).isEqualTo("lm_head.weight");
        assertThat(List.of(
                        tied.languageHead().vocabulary(), untied.languageHead().vocabulary()))
                .allMatch(head -> head.inputs() == 32
                        && head.outputs() == 97
                        && head.layout() == Layout.OUTPUT_BY_INPUT
                        && head.bias().isEmpty());
    }

    @Test
    void gpt2TakesItsOptionsUnderTheirCommonNamesToo() {
        Architecture aliases = exactly("gpt2", """
                'vocab_size': 97, 'max_position_embeddings': 64, 'hidden_size': 32, 'num_hidden_layers': 3,
                'num_attention_heads': 4, 'n_inner': 48""");

        assertThat(aliases).isEqualTo(small("gpt2", ""));
    }

    @Test
    void commonNameWinsOverTheNameOfGpt2() {
        Architecture model = small("gpt2", "'hidden_size': 64, 'num_hidden_layers': 5, 'max_position_embeddings': 33");

        assertThat(model.hiddenSize()).isEqualTo(64);
        assertThat(model.layers()).isEqualTo(5);
        assertThat(model.contextLength()).isEqualTo(33);
    }

    @Test
    void otherFamiliesHaveNoSuchNames() {
        assertThat(small("llama", "'n_embd': 1, 'n_layer': 1")).isEqualTo(small("llama", ""));
    }

    @Test
    void intermediateSizeOfGpt2IsFourTimesTheHiddenSizeByDefault() {
        assertThat(exactly("gpt2", "'n_embd': 24").intermediateSize()).isEqualTo(96);
        assertThat(exactly("gpt2", "'n_embd': 24, 'n_inner': 100").intermediateSize())
                .isEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource({
        "true,  false, 0.353553390593, 0.353553390593, 0.353553390593",
        "false, false, 1,              1,              1",
        "true,  true,  0.353553390593, 0.176776695297, 0.117851130198",
        "false, true,  1,              0.5,            0.333333333333"
    })
    void attentionOfGpt2IsScaledAsItsOptionsSay(
            boolean byHeadSize, boolean byLayer, double first, double second, double third) {
        Architecture model = small(
                "gpt2",
                "'scale_attn_weights': %s, 'scale_attn_by_inverse_layer_idx': %s".formatted(byHeadSize, byLayer));

        assertThat(model.blocks().stream()
                        .mapToDouble(block -> attention(block).scores().scale()))
                .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-11 ? 0 : Double.compare(a, b), Double.class)
                .containsExactly(first, second, third);
    }

    @ParameterizedTest
    @CsvSource({
        "silu, SILU",
        "swish, SILU",
        "gelu, GELU",
        "gelu_python, GELU",
        "gelu_new, GELU_TANH",
        "gelu_pytorch_tanh, GELU_TANH",
        "gelu_python_tanh, GELU_TANH",
        "gelu_fast, GELU_TANH",
        "gelu_accurate, GELU_TANH",
        "gelu_10, GELU_CLIPPED",
        "quick_gelu, QUICK_GELU",
        "relu, RELU",
        "relu2, RELU_SQUARED",
        "relu6, RELU6",
        "leaky_relu, LEAKY_RELU",
        "sigmoid, SIGMOID",
        "tanh, TANH",
        "mish, MISH",
        "laplace, LAPLACE",
        "linear, LINEAR"
    })
    void activationIsKnownUnderItsNameInTransformers(String name, Activation.Function activation) {
        assertThat(mlp(small("llama", "'hidden_act': '" + name + "'").blocks().get(0))
                        .activation()
                        .function())
                .isEqualTo(activation);
        assertThat(mlp(small("gpt2", "'activation_function': '" + name + "'")
                                .blocks()
                                .get(0))
                        .activation()
                        .function())
                .isEqualTo(activation);
    }

    /** Gemma's first configurations say gelu where the models were trained with the approximation. */
    @ParameterizedTest
    @CsvSource({
        "gemma,       hidden_act,        gelu,              GELU_TANH",
        "gemma,       hidden_act,        gelu_pytorch_tanh, GELU_TANH",
        "gemma,       hidden_act,        gelu_python,       GELU",
        "gemma,       hidden_act,        silu,              SILU",
        "gemma,       hidden_activation, gelu,              GELU_TANH",
        "gemma2,      hidden_activation, gelu,              GELU",
        "gemma3_text, hidden_activation, gelu,              GELU",
        "vaultgemma,  hidden_activation, gelu,              GELU"
    })
    void geluOfTheFirstGemmaIsItsApproximation(
            String family, String option, String name, Activation.Function activation) {
        assertThat(small(family, "'%s': '%s'".formatted(option, name)).blocks())
                .allSatisfy(
                        block -> assertThat(mlp(block).activation().function()).isEqualTo(activation));
    }

    @Test
    void tensorsOfGpt2() {
        assertThat(Parameters.of(small("gpt2", "'n_layer': 1, 'tie_word_embeddings': false")))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("transformer.wte.weight", List.of(97L, 32L)),
                        Map.entry("transformer.wpe.weight", List.of(64L, 32L)),
                        Map.entry("transformer.h.0.ln_1.weight", List.of(32L)),
                        Map.entry("transformer.h.0.ln_1.bias", List.of(32L)),
                        Map.entry("transformer.h.0.attn.c_attn.weight", List.of(32L, 96L)),
                        Map.entry("transformer.h.0.attn.c_attn.bias", List.of(96L)),
                        Map.entry("transformer.h.0.attn.c_proj.weight", List.of(32L, 32L)),
                        Map.entry("transformer.h.0.attn.c_proj.bias", List.of(32L)),
                        Map.entry("transformer.h.0.ln_2.weight", List.of(32L)),
                        Map.entry("transformer.h.0.ln_2.bias", List.of(32L)),
                        Map.entry("transformer.h.0.mlp.c_fc.weight", List.of(32L, 48L)),
                        Map.entry("transformer.h.0.mlp.c_fc.bias", List.of(48L)),
                        Map.entry("transformer.h.0.mlp.c_proj.weight", List.of(48L, 32L)),
                        Map.entry("transformer.h.0.mlp.c_proj.bias", List.of(32L)),
                        Map.entry("transformer.ln_f.weight", List.of(32L)),
                        Map.entry("transformer.ln_f.bias", List.of(32L)),
                        Map.entry("lm_head.weight", List.of(97L, 32L))));
    }

    @Test
    void tensorsOfLlamaWithBiases() {
        assertThat(Parameters.of(small("llama", "'num_hidden_layers': 1, 'attention_bias': true, 'mlp_bias': true")))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("model.embed_tokens.weight", List.of(97L, 32L)),
                        Map.entry("model.layers.0.input_layernorm.weight", List.of(32L)),
                        Map.entry("model.layers.0.self_attn.q_proj.weight", List.of(32L, 32L)),
                        Map.entry("model.layers.0.self_attn.q_proj.bias", List.of(32L)),
                        Map.entry("model.layers.0.self_attn.k_proj.weight", List.of(16L, 32L)),
                        Map.entry("model.layers.0.self_attn.k_proj.bias", List.of(16L)),
                        Map.entry("model.layers.0.self_attn.v_proj.weight", List.of(16L, 32L)),
                        Map.entry("model.layers.0.self_attn.v_proj.bias", List.of(16L)),
                        Map.entry("model.layers.0.self_attn.o_proj.weight", List.of(32L, 32L)),
                        Map.entry("model.layers.0.self_attn.o_proj.bias", List.of(32L)),
                        Map.entry("model.layers.0.post_attention_layernorm.weight", List.of(32L)),
                        Map.entry("model.layers.0.mlp.gate_proj.weight", List.of(48L, 32L)),
                        Map.entry("model.layers.0.mlp.gate_proj.bias", List.of(48L)),
                        Map.entry("model.layers.0.mlp.up_proj.weight", List.of(48L, 32L)),
                        Map.entry("model.layers.0.mlp.up_proj.bias", List.of(48L)),
                        Map.entry("model.layers.0.mlp.down_proj.weight", List.of(32L, 48L)),
                        Map.entry("model.layers.0.mlp.down_proj.bias", List.of(32L)),
                        Map.entry("model.norm.weight", List.of(32L)),
                        Map.entry("lm_head.weight", List.of(97L, 32L))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mistral", "qwen2", "qwen3"})
    void otherFamiliesNameTheirTensorsAsLlamaDoes(String family) {
        Set<String> additional =
                switch (family) {
                    case "qwen2" ->
                        Set.of(".self_attn.q_proj.bias", ".self_attn.k_proj.bias", ".self_attn.v_proj.bias");
                    case "qwen3" -> Set.of(".self_attn.q_norm.weight", ".self_attn.k_norm.weight");
                    default -> Set.of();
                };
        Stream<String> expected = Stream.concat(
                Parameters.of(small("llama", "")).keySet().stream(),
                Stream.of(0, 1, 2).flatMap(layer -> additional.stream().map(name -> "model.layers." + layer + name)));

        assertThat(Parameters.of(small(family, "")).keySet()).containsExactlyInAnyOrderElementsOf(expected.toList());
    }

    @ParameterizedTest
    @CsvSource({
        "llama, model.,       embed_tokens.weight, lm_head.weight",
        "gpt2,  transformer., wte.weight,          h.0.ln_1.weight"
    })
    void commonPrefixIsLeftOutWhereTheCheckpointLeavesItOut(
            String family, String prefix, String embedding, String other) {
        Architecture with = describe(family, Set.of(prefix + embedding, other));
        Architecture without = describe(family, Set.of(embedding, other));

        assertThat(describe(family, Set.of(embedding, prefix + embedding, other)))
                .isEqualTo(with);
        assertThat(describe(family, Set.of())).isEqualTo(with);
        assertThat(Parameters.of(with).keySet()).allMatch(name -> name.startsWith(prefix) || name.equals(other));
        assertThat(Parameters.of(without).keySet().stream()
                        .map(name -> name.equals("lm_head.weight") ? name : prefix + name))
                .containsExactlyElementsOf(Parameters.of(with).keySet());
    }

    private static Architecture describe(String family, Set<String> tensors) {
        return Families.describe(new Config(Architectures.CONFIG, smallOptions(family)), tensors);
    }

    @ParameterizedTest
    @MethodSource("windows")
    void slidingWindows(String family, String options, List<OptionalInt> windows) {
        assertThat(small(family, options).blocks())
                .extracting(block -> attention(block).scores().window())
                .isEqualTo(windows);
    }

    static Stream<Arguments> windows() {
        OptionalInt none = OptionalInt.empty();
        OptionalInt five = OptionalInt.of(5);
        OptionalInt standard = OptionalInt.of(4096);
        String used = "'use_sliding_window': true, 'sliding_window': 5, ";
        String types = "'layer_types': ['sliding_attention', 'full_attention', 'sliding_attention']";
        return Stream.of(
                Arguments.of("llama", "'sliding_window': 5", List.of(none, none, none)),
                Arguments.of("mistral", "", List.of(standard, standard, standard)),
                Arguments.of("mistral", "'sliding_window': 5", List.of(five, five, five)),
                Arguments.of("mistral", "'sliding_window': null", List.of(none, none, none)),
                Arguments.of("mistral", "'sliding_window': 5, " + types, List.of(five, five, five)),
                Arguments.of("qwen2", "", List.of(none, none, none)),
                Arguments.of("qwen2", "'sliding_window': 5, 'max_window_layers': 0", List.of(none, none, none)),
                Arguments.of("qwen2", used + "'max_window_layers': 0", List.of(five, five, five)),
                Arguments.of("qwen2", used + "'max_window_layers': 2", List.of(none, none, five)),
                Arguments.of("qwen2", used + "'max_window_layers': 3", List.of(none, none, none)),
                Arguments.of("qwen2", used + "'num_hidden_layers': 3", List.of(none, none, none)),
                Arguments.of(
                        "qwen3",
                        "'use_sliding_window': true, 'max_window_layers': 1",
                        List.of(none, standard, standard)),
                Arguments.of(
                        "qwen3",
                        "'use_sliding_window': true, 'sliding_window': null, 'max_window_layers': 0",
                        List.of(none, none, none)),
                Arguments.of("qwen3", used + "'max_window_layers': 3, " + types, List.of(five, none, five)),
                Arguments.of("qwen2", used + types, List.of(five, none, five)),
                Arguments.of(
                        "qwen2",
                        "'layer_types': ['full_attention', 'full_attention', 'full_attention'], 'sliding_window': 0",
                        List.of(none, none, none)),
                Arguments.of("gpt2", "'sliding_window': 5", List.of(none, none, none)));
    }

    @Test
    void unusedOptionsOfNoFamilyAreNotLookedAt() {
        assertThat(small("llama", """
                'architectures': ['LlamaForCausalLM'], 'torch_dtype': 'bfloat16', 'bos_token_id': null, 'use_cache': 3,
                'attention_dropout': 'x', 'is_encoder_decoder': false, 'add_cross_attention': false, 'is_causal': true,
                'pruned_heads': {}, 'partial_rotary_factor': 1""")).isEqualTo(small("llama", ""));
    }

    /** One letter a layer: W for a window, R for rotary positions, B for both, and a dot for neither. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "gemma2      |                                               | BRBRBRBR",
                "vaultgemma  |                                               | BRBRBRBR",
                "gemma3_text |                                               | BBBBBRBB",
                "gemma3_text | 'sliding_window_pattern': 3                   | BBRBBRBB",
                "olmo3       |                                               | BBBRBBBR",
                "cohere2     |                                               | BBB.BBB.",
                "cohere2     | 'sliding_window_pattern': 3                   | BB.BB.BB",
                "exaone4     |                                               | BBB.BBB.",
                "exaone4     | 'sliding_window': null                        | RRRRRRRR",
                "ministral   |                                               | BBBBBBBB",
                "ministral   | 'sliding_window': null                        | RRRRRRRR",
                "phi3        |                                               | RRRRRRRR",
                "phi3        | 'sliding_window': 5                           | BBBBBBBB",
                "smollm3     |                                               | RRR.RRR.",
                "smollm3     | 'sliding_window': 5                           | RRR.RRR.",
                "smollm3     | 'use_sliding_window': true, 'sliding_window': 5 | RRRWRRRW",
                "smollm3     | 'no_rope_layer_interval': 3                   | RR.RR.RR",
                "smollm3     | 'no_rope_layers': [0, 1, 1, 1, 1, 1, 1, 0]    | .RRRRRR."
            })
    void layersHaveWindowsAndPositionsByTheirNumber(String family, String options, String expected) {
        String more = options == null ? "" : ", " + options;

        assertThat(windowsAndPositions(small(family, "'num_hidden_layers': 8" + more)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "gemma2,      RBR",
        "vaultgemma,  RBR",
        "gemma3_text, RBR",
        "olmo3,       RBR",
        "cohere2,     .B.",
        "exaone4,     .B.",
        "ministral,   RBR",
        "smollm3,     RBR"
    })
    void layersHaveWindowsAndPositionsByTheirType(String family, String expected) {
        String options =
                "'sliding_window': 5, 'layer_types': ['full_attention', 'sliding_attention', 'full_attention']";

        assertThat(windowsAndPositions(small(family, options))).isEqualTo(expected);
    }

    private static String windowsAndPositions(Architecture model) {
        return model.blocks().stream()
                .map(block -> {
                    boolean window = attention(block).scores().window().isPresent();
                    boolean rotary = attention(block).rotary().isPresent();
                    return window ? (rotary ? "B" : "W") : (rotary ? "R" : ".");
                })
                .collect(Collectors.joining());
    }
}
