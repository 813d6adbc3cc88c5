package io.github.swscan.architecture.family;

import static io.github.swscan.fixture.Architectures.describe;
import static io.github.swscan.fixture.Architectures.options;
import static io.github.swscan.fixture.Architectures.small;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.Collections;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefusedOptionsTest {

    private static InputException refusal(ObjectNode options) {
        InputException refusal = catchThrowableOfType(InputException.class, () -> describe(options));
        assertThat(refusal).isNotNull();
        assertThat(refusal.file()).isEqualTo(Architectures.CONFIG);
        assertThat(refusal.getMessage())
                .startsWith(Architectures.CONFIG + ": ")
                .doesNotContain("\n")
                .hasSizeLessThan(1000);
        return refusal;
    }

    private static InputException refusal(String family, String options) {
        return refusal(Architectures.smallOptions(family).setAll(options("{" + options + "}")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'model_type': 'Llama'", "'model_type': 'llama '", "'model_type': '../llama'",
                "'model_type': 'blip-2'", "'model_type': 'bart'", "'model_type': 't5'"
            })
    void otherFamiliesAreNotSupported(String option) {
        InputException refusal = refusal(options("{" + option + "}"));

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo("model_type");
        assertThat(refusal.remedy()).contains("swscan families");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "xverse | llama | config.json does not say what base its rotary positions have",
                "inkling_mm_model | inkling_text | interleave",
                "minimax_m3_vl_text | minimax_m2 | its attention chooses blocks of the text",
                "mamba | jamba | has no MLP",
                "telechat | llama | rotary positions are scaled by its own code"
            })
    void knownFamiliesAreRefusedWithTheNearestRelative(String family, String relative, String difference) {
        InputException refusal = refusal(options("{'model_type': '" + family + "'}"));

        assertThat(refusal.problem())
                .startsWith("the family \"" + family + "\" is not supported: ")
                .contains(difference);
        assertThat(refusal.remedy()).startsWith("its nearest relative is " + relative + "; ");
    }

    @Test
    void withoutNamesAlikeThereIsNoRelative() {
        UnsupportedInputException refusal = catchThrowableOfType(
                UnsupportedInputException.class,
                () -> Families.describe(
                        new Config(Architectures.CONFIG, options("{'model_type': 'unheard_of', 'hidden_size': 32}")),
                        Set.of("net.0.weight", "net.1.weight")));

        assertThat(refusal.remedy()).isEqualTo("'swscan families' lists those that are");
    }

    /** The names of qwen3's norms of heads and of deepseek_v3's narrow projections are in few families. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen3", "gpt2", "deepseek_v3", "mixtral", "gpt_oss", "bert"})
    void unknownFamiliesAreRefusedWithTheOneWhoseNamesTheyHave(String relative) {
        ObjectNode options = Architectures.smallOptions(relative);
        Set<String> names = Parameters.of(describe(options)).keySet();
        options.put("model_type", "unheard_of");

        UnsupportedInputException refusal = catchThrowableOfType(
                UnsupportedInputException.class,
                () -> Families.describe(new Config(Architectures.CONFIG, options), names));

        assertThat(refusal.problem()).isEqualTo("the family \"unheard_of\" is not supported");
        assertThat(refusal.remedy()).startsWith("its nearest relative is " + relative + "; ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                           | is missing",
                "'''model_type'': null'       | is null where a name is needed",
                "'''model_type'': ''  '''     | is \"  \" where a name is needed",
                "'''model_type'': 5'          | is 5 where a name is needed",
                "'''model_type'': [''llama'']' | is [\"llama\"] where a name is needed"
            })
    void familyMustBeNamed(String option, String problem) {
        InputException refusal = refusal(options("{" + option + "}"));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo("model_type");
        assertThat(refusal.problem()).isEqualTo(problem);
    }

    @ParameterizedTest
    @MethodSource("unsupported")
    void optionThatChangesTheModelIsNotSupported(String family, String options, String field) {
        InputException refusal = refusal(family, options);

        assertThat(refusal).isInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).contains("not supported");
    }

    static Stream<Arguments> unsupported() {
        Stream<Arguments> ofAllFamilies = FamiliesTest.families().stream()
                .flatMap(family -> Stream.of(
                        Arguments.of(family, "'quantization_config': {'bits': 4}", "quantization_config"),
                        Arguments.of(family, "'quantization_config': {}", "quantization_config"),
                        Arguments.of(family, "'compression_config': {'format': 'dense'}", "compression_config"),
                        Arguments.of(family, "'is_encoder_decoder': true", "is_encoder_decoder"),
                        Arguments.of(family, "'is_encoder_decoder': 'true'", "is_encoder_decoder"),
                        Arguments.of(family, "'is_encoder_decoder': 1", "is_encoder_decoder"),
                        Arguments.of(family, "'add_cross_attention': true", "add_cross_attention"),
                        Arguments.of(family, "'is_causal': false", "is_causal"),
                        Arguments.of(family, "'pruned_heads': {'1': [0]}", "pruned_heads"),
                        Arguments.of(family, "'per_layer_config': {'1': {'head_dim': 4}}", "per_layer_config"),
                        Arguments.of(
                                family,
                                family.equals("gpt2") ? "'activation_function': 'xielu'" : "'hidden_act': 'xielu'",
                                family.equals("gpt2") ? "activation_function" : "hidden_act")));
        Stream<Arguments> ofRotaryFamilies = Stream.of("llama", "mistral", "qwen2", "qwen3")
                .flatMap(family -> Stream.of(
                        Arguments.of(family, "'hidden_act': 'SiLU'", "hidden_act"),
                        Arguments.of(family, "'partial_rotary_factor': 0.5", "partial_rotary_factor"),
                        Arguments.of(family, "'partial_rotary_factor': '1.0'", "partial_rotary_factor"),
                        Arguments.of(
                                family,
                                "'rope_parameters': {'rope_theta': 1e4, 'partial_rotary_factor': 0.25}",
                                "rope_parameters.partial_rotary_factor"),
                        Arguments.of(
                                family,
                                "'rope_scaling': {'type': 'linear', 'factor': 2, 'partial_rotary_factor': 0.25}",
                                "rope_scaling.partial_rotary_factor"),
                        Arguments.of(family, "'rope_scaling': {'rope_type': 'mrope'}", "rope_scaling.rope_type"),
                        Arguments.of(family, "'rope_scaling': {'type': 'su'}", "rope_scaling.rope_type"),
                        Arguments.of(family, "'rope_parameters': {'rope_type': ''}", "rope_parameters.rope_type"),
                        Arguments.of(
                                family,
                                "'rope_parameters': {'full_attention': {'rope_theta': 1e4}}",
                                "rope_parameters.full_attention")));
        Stream<Arguments> ofSomeFamilies = Stream.of(
                Arguments.of("qwen2", "'use_mrope': true", "use_mrope"),
                Arguments.of("qwen2", "'layer_types': ['full_attention', 'chunked_attention', 'x']", "layer_types"),
                Arguments.of("qwen3", "'layer_types': ['full_attention', 1, null]", "layer_types"),
                Arguments.of("qwen3", "'layer_types': ['linear_attention', 'x', 'y']", "layer_types"),
                Arguments.of("inkling_text", "'layer_types': ['hybrid', 'hybrid', 'full_attention']", "layer_types"),
                Arguments.of("inkling_text", "'mlp_layer_types': ['dense', 'sparse', 'x']", "mlp_layer_types"),
                Arguments.of("inkling_text", "'shared_expert_sink': false", "shared_expert_sink"));
        Stream<Arguments> ofDeepseekV4 = Stream.of(
                        new String[] {"'layer_types': ['sliding_attention', 'full_attention', 'x']", "layer_types"},
                        new String[] {"'compress_ratios': [4, 8, 128]", "compress_ratios"},
                        new String[] {"'mlp_layer_types': ['moe', 'moe', 'dense']", "mlp_layer_types"},
                        new String[] {"'scoring_func': 'softmax'", "scoring_func"},
                        new String[] {"'swiglu_limit': null", "swiglu_limit"},
                        new String[] {"'sliding_window': null", "sliding_window"},
                        new String[] {"'rope_scaling': {'type': 'dynamic', 'factor': 2}", "rope_scaling.type"},
                        new String[] {
                            "'rope_parameters': {'main': {}, 'compress': {'rope_type': 'longrope'}}",
                            "rope_parameters.compress.rope_type"
                        },
                        new String[] {
                            "'rope_parameters': {'rope_type': 'default', 'partial_rotary_factor': 0.75}",
                            "rope_parameters.partial_rotary_factor"
                        })
                .map(option -> Arguments.of("deepseek_v4", "'head_dim': 64, " + option[0], option[1]));
        Stream<Arguments> ofQwen4 = Stream.of(
                        new String[] {"'layer_types': ['indexed_attention', 'sliding_attention', 'x']", "layer_types"},
                        new String[] {"'output_gate_type': 'gelu'", "output_gate_type"},
                        new String[] {
                            "'layer_types': ['full_attention', 'full_attention', 'full_attention'], 'indexer_n_heads': 2,"
                                    + " 'indexer_head_dim': 8, 'indexer_budget': 8",
                            "indexer_compress_ratio"
                        },
                        new String[] {"'indexer_kv_heads': 2", "indexer_kv_heads"})
                .map(option -> Arguments.of("qwen4_exp_text", option[0], option[1]));
        return Stream.of(ofAllFamilies, ofRotaryFamilies, ofSomeFamilies, ofDeepseekV4, ofQwen4)
                .flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void valueThatMakesNoSenseIsRefused(String family, String options, String field, String problem) {
        InputException refusal = refusal(family, options);

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).contains(problem);
    }

    static Stream<Arguments> malformed() {
        return Stream.of(sizes(), flags(), numbers(), heads(), windows(), rotary(), layers(), indexed(), ngrams())
                .flatMap(all -> all);
    }

    private static Stream<Arguments> indexed() {
        String indexer =
                "'layer_types': ['full_attention', 'full_attention', 'full_attention'], 'indexer_n_heads': 2, ";
        return Stream.of(
                        new String[] {
                            "'indexer_head_dim': 8, 'indexer_budget': 9, 'indexer_compress_ratio': 2",
                            "indexer_budget",
                            "where a positive whole number"
                        },
                        new String[] {
                            "'indexer_head_dim': 4, 'indexer_budget': 8, 'indexer_compress_ratio': 2",
                            "partial_rotary_factor",
                            "gives 8 rotary channels of 4"
                        })
                .map(option -> Arguments.of("qwen4_exp_text", indexer + option[0], option[1], option[2]));
    }

    private static Stream<Arguments> ngrams() {
        return Stream.of(
                        new String[] {"'eos_token_id': 2, 'ple_embed_dim': 30", "ple_embed_dim", "over 16 hashes"},
                        new String[] {
                            "'eos_token_id': 2, 'ngram_size': 1, 'ple_embed_dim': 32", "ple_embed_dim", "over 0 hashes"
                        },
                        new String[] {"'ple_embed_dim': 32", "eos_token_id", "is missing"},
                        new String[] {
                            "'eos_token_id': [], 'ple_embed_dim': 32", "eos_token_id", "where a token is needed"
                        })
                .map(option ->
                        Arguments.of("qwen4_exp_text", "'ple_layer_ids': [1], " + option[0], option[1], option[2]));
    }

    private static Stream<Arguments> sizes() {
        Stream<String[]> options = Stream.of(
                new String[] {"llama", "vocab_size"},
                new String[] {"llama", "hidden_size"},
                new String[] {"llama", "intermediate_size"},
                new String[] {"llama", "num_hidden_layers"},
                new String[] {"llama", "num_attention_heads"},
                new String[] {"llama", "num_key_value_heads"},
                new String[] {"llama", "head_dim"},
                new String[] {"llama", "max_position_embeddings"},
                new String[] {"mistral", "sliding_window"},
                new String[] {"qwen3", "head_dim"},
                new String[] {"gpt2", "vocab_size"},
                new String[] {"gpt2", "n_positions"},
                new String[] {"gpt2", "max_position_embeddings"},
                new String[] {"gpt2", "n_embd"},
                new String[] {"gpt2", "hidden_size"},
                new String[] {"gpt2", "n_layer"},
                new String[] {"gpt2", "n_head"},
                new String[] {"gpt2", "num_attention_heads"},
                new String[] {"gpt2", "n_inner"},
                new String[] {"inkling_text", "n_shared_experts"},
                new String[] {"inkling_text", "d_rel"},
                new String[] {"inkling_text", "sliding_window_size"},
                new String[] {"inkling_text", "sconv_kernel_size"},
                new String[] {"inkling_text", "unpadded_vocab_size"});
        return options.flatMap(option -> Stream.of(
                        "0",
                        "-1",
                        "1.5",
                        "32.0",
                        "'32'",
                        "true",
                        "[32]",
                        "{}",
                        "268435457",
                        "2147483648",
                        "9223372036854775808",
                        "1e3",
                        "1e999")
                .map(value -> Arguments.of(
                        option[0],
                        "'%s': %s".formatted(option[1], value),
                        option[1],
                        "where a positive whole number of at most 268435456 is needed")));
    }

    private static Stream<Arguments> flags() {
        Stream<String[]> options = Stream.of(
                new String[] {"llama", "tie_word_embeddings"},
                new String[] {"llama", "attention_bias"},
                new String[] {"llama", "mlp_bias"},
                new String[] {"qwen3", "attention_bias"},
                new String[] {"qwen2", "use_sliding_window"},
                new String[] {"gpt2", "tie_word_embeddings"},
                new String[] {"gpt2", "scale_attn_weights"},
                new String[] {"gpt2", "scale_attn_by_inverse_layer_idx"});
        return options.flatMap(option -> Stream.of("0", "1", "'true'", "[]", "{}")
                .map(value -> Arguments.of(
                        option[0],
                        "'%s': %s".formatted(option[1], value),
                        option[1],
                        "where true or false is needed")));
    }

    private static Stream<Arguments> numbers() {
        Stream<Arguments> epsilons = Stream.of("0", "0.0", "-1e-6", "'1e-6'", "true", "1e999", "-1e999")
                .flatMap(value -> Stream.of(
                        Arguments.of(
                                "llama",
                                "'rms_norm_eps': " + value,
                                "rms_norm_eps",
                                "where a positive number is needed"),
                        Arguments.of(
                                "gpt2",
                                "'layer_norm_epsilon': " + value,
                                "layer_norm_epsilon",
                                "where a positive number is needed")));
        Stream<Arguments> others = Stream.of(
                Arguments.of("llama", "'rms_norm_eps': 1e39", "rms_norm_eps", "is too large"),
                Arguments.of("llama", "'rms_norm_eps': null", "rms_norm_eps", "is missing"),
                Arguments.of("llama", "'rope_theta': null", "rope_theta", "is null where a positive number is needed"),
                Arguments.of("llama", "'hidden_size': null", "hidden_size", "is missing"),
                Arguments.of("gpt2", "'hidden_size': null", "hidden_size", "is missing"),
                Arguments.of("llama", "'hidden_act': null", "hidden_act", "is missing"),
                Arguments.of("llama", "'hidden_act': 1", "hidden_act", "where a text is needed"),
                Arguments.of("llama", "'hidden_act': {'name': 'silu'}", "hidden_act", "where a text is needed"));
        return Stream.concat(epsilons, others);
    }

    private static Stream<Arguments> heads() {
        return Stream.of(
                Arguments.of("llama", "'num_key_value_heads': 3", "num_key_value_heads", "does not divide the 4"),
                Arguments.of("llama", "'num_key_value_heads': 8", "num_key_value_heads", "does not divide the 4"),
                Arguments.of(
                        "llama",
                        "'num_attention_heads': 6, 'num_key_value_heads': 6, 'head_dim': null",
                        "num_attention_heads",
                        "does not divide the hidden size 32"),
                Arguments.of("gpt2", "'n_head': 5", "n_head", "does not divide the hidden size 32"),
                Arguments.of("gpt2", "'num_attention_heads': 5", "num_attention_heads", "does not divide the hidden"),
                Arguments.of("gpt2", "'n_head': 64", "n_head", "does not divide the hidden size 32"),
                Arguments.of("llama", "'head_dim': 7", "head_dim", "is 7, but rotary positions pair channels"),
                Arguments.of("qwen3", "'head_dim': 1", "head_dim", "is 1, but rotary positions pair channels"),
                Arguments.of("llama", "'head_dim': 65538", "head_dim", "more than 65536"),
                Arguments.of(
                        "llama",
                        "'head_dim': 268435456, 'num_attention_heads': 268435456, 'num_key_value_heads': 1",
                        "num_attention_heads",
                        "makes an attention of 72057594037927936 channels"),
                Arguments.of(
                        "gpt2",
                        "'n_embd': 268435456, 'n_head': 4, 'n_layer': 20000",
                        "n_layer",
                        "is 20000, more than 10000"));
    }

    private static Stream<Arguments> windows() {
        String used = "'use_sliding_window': true, ";
        String sliding = "'layer_types': ['full_attention', 'full_attention', 'sliding_attention']";
        return Stream.of(
                Arguments.of("qwen2", used + "'sliding_window': 0", "sliding_window", "is 0 where a positive"),
                Arguments.of("qwen3", used + "'sliding_window': 'wide'", "sliding_window", "is \"wide\" where"),
                Arguments.of("qwen2", used + "'max_window_layers': 'all'", "max_window_layers", "where a whole number"),
                Arguments.of("qwen2", used + "'max_window_layers': -1", "max_window_layers", "where a whole number"),
                Arguments.of("qwen2", used + "'max_window_layers': 1.5", "max_window_layers", "where a whole number"),
                Arguments.of("qwen2", used + "'max_window_layers': null", "max_window_layers", "is missing"),
                Arguments.of("qwen2", sliding, "layer_types", "but there is no sliding window"),
                Arguments.of("qwen2", used + "'sliding_window': null, " + sliding, "layer_types", "no sliding window"),
                Arguments.of("qwen2", "'layer_types': ['full_attention']", "layer_types", "is not a list of 3 entries"),
                Arguments.of("qwen2", "'layer_types': []", "layer_types", "is not a list of 3 entries"),
                Arguments.of(
                        "qwen2",
                        "'num_hidden_layers': 1, 'layer_types': ['full_attention', 'full_attention']",
                        "layer_types",
                        "is not a list of 1 entries"),
                Arguments.of("qwen2", "'layer_types': 'full_attention'", "layer_types", "is not a list of 3 entries"),
                Arguments.of(
                        "qwen2",
                        "'layer_types': {'a': 1, 'b': 2, 'c': 3}",
                        "layer_types",
                        "is not a list of 3 entries"));
    }

    private static Stream<Arguments> rotary() {
        Stream<Arguments> bases = Stream.of("0", "-1", "'10000'", "true", "{}", "1e999")
                .flatMap(value -> Stream.of(
                        Arguments.of("llama", "'rope_theta': " + value, "rope_theta", "where a positive number"),
                        Arguments.of(
                                "llama",
                                "'rope_parameters': {'rope_theta': " + value + "}",
                                "rope_parameters.rope_theta",
                                "where a positive number")));
        Stream<Arguments> factors = Stream.of("linear", "dynamic", "yarn", "llama3")
                .flatMap(type -> Stream.of("0", "-2.0", "'2'", "true", "[]", "1e999")
                        .map(value -> scaling(type, "'factor': " + value, "factor", "where a positive number")));
        Stream<Arguments> missing = Stream.of(
                scaling("linear", "'x': 1", "factor", "is missing"),
                scaling("linear", "'factor': null", "factor", "is missing"),
                scaling("dynamic", "'x': 1", "factor", "is missing"),
                scaling("llama3", "'x': 1", "factor", "is missing"),
                scaling("llama3", "'factor': 2", "low_freq_factor", "is missing"),
                scaling("llama3", "'factor': 2, 'low_freq_factor': 1", "high_freq_factor", "is missing"),
                scaling(
                        "llama3",
                        "'factor': 2, 'low_freq_factor': 1, 'high_freq_factor': 4",
                        "original_max_position_embeddings",
                        "is missing"),
                scaling("longrope", "'factor': 2, 'long_factor': [1, 1, 1, 1]", "short_factor", "list of 4 numbers"),
                scaling("longrope", "'factor': 2, 'short_factor': [1, 1, 1, 1]", "long_factor", "list of 4 numbers"),
                scaling("longrope", longRope("[1, 1, 1]", "[1, 1, 1, 1]"), "short_factor", "list of 4 numbers"),
                scaling("longrope", longRope("[1, 1, 1, 1]", "[1, 1, 1, 1, 1]"), "long_factor", "list of 4 numbers"),
                scaling("longrope", longRope("[1, 1, 1, 1]", "1"), "long_factor", "list of 4 numbers"),
                scaling("longrope", longRope("[1, 0, 1, 1]", "[1, 1, 1, 1]"), "short_factor", "is 0 where"),
                scaling("longrope", longRope("[1, 1, 1, 1]", "[1, 1, 1, 1e999]"), "long_factor", "where a positive"),
                scaling("longrope", longRope("[1, 1, 1, 1]", "[1, null, 1, 1]"), "long_factor", "is null where"),
                scaling("yarn", "'factor': 2, 'attention_factor': 0", "attention_factor", "where a positive number"),
                scaling("yarn", "'factor': 2, 'attention_factor': -1", "attention_factor", "where a positive number"),
                scaling("yarn", "'factor': 2, 'beta_fast': -1", "beta_fast", "where a positive number"),
                scaling("yarn", "'factor': 2, 'beta_slow': 'x'", "beta_slow", "where a positive number"),
                scaling("yarn", "'factor': 2, 'mscale': -1", "mscale", "where a positive number"),
                scaling("yarn", "'factor': 2, 'truncate': 'false'", "truncate", "where true or false"),
                scaling("yarn", "'factor': 2, 'truncate': 0", "truncate", "where true or false"),
                scaling(
                        "yarn",
                        "'factor': 2, 'original_max_position_embeddings': 0",
                        "original_max_position_embeddings",
                        "where a positive whole number"),
                scaling(
                        "yarn",
                        "'factor': 2, 'original_max_position_embeddings': 10.5",
                        "original_max_position_embeddings",
                        "where a positive whole number"));
        Stream<Arguments> others = Stream.of(
                Arguments.of("llama", "'rope_scaling': []", "rope_scaling", "is not an object"),
                Arguments.of("llama", "'rope_scaling': 'linear'", "rope_scaling", "is not an object"),
                Arguments.of("llama", "'rope_scaling': 2.0", "rope_scaling", "is not an object"),
                Arguments.of("llama", "'rope_parameters': 1", "rope_parameters", "is not an object"),
                Arguments.of("llama", "'rope_scaling': {}", "rope_scaling.rope_type", "is missing"),
                Arguments.of("llama", "'rope_scaling': {'factor': 2}", "rope_scaling.rope_type", "is missing"),
                Arguments.of(
                        "llama", "'rope_scaling': {'rope_type': 1}", "rope_scaling.rope_type", "is 1 where a name"),
                Arguments.of("llama", "'rope_scaling': {'type': ['yarn']}", "rope_scaling.type", "where a name"),
                Arguments.of(
                        "llama",
                        "'rope_scaling': {'type': 'linear', 'rope_type': 'dynamic', 'factor': 2}",
                        "rope_scaling",
                        "rope_type is dynamic but type is linear"),
                Arguments.of(
                        "llama",
                        "'rope_theta': 10.0, 'rope_scaling': {'rope_type': 'default', 'rope_theta': 20.0}",
                        "rope_theta",
                        "is 10.0 but rope_scaling.rope_theta is 20.0"),
                Arguments.of(
                        "llama",
                        "'original_max_position_embeddings': 1.5, 'rope_scaling': {'rope_type': 'longrope', "
                                + longRope("[1, 1, 1, 1]", "[1, 1, 1, 1]") + "}",
                        "original_max_position_embeddings",
                        "is 1.5 where"),
                // What would divide by zero, or overflow
                Arguments.of("llama", "'rope_theta': 1e-300", "rope_theta", "not finite"),
                Arguments.of(
                        "llama",
                        "'rope_theta': 1, 'rope_scaling': {'rope_type': 'yarn', 'factor': 2,"
                                + " 'original_max_position_embeddings': 64, 'beta_fast': 1e-300}",
                        "rope_scaling",
                        "not finite"),
                Arguments.of(
                        "llama",
                        "'original_max_position_embeddings': 1, 'rope_scaling': {'rope_type': 'longrope', "
                                + longRope("[1, 1, 1, 1]", "[1, 1, 1, 1]") + "}",
                        "rope_scaling",
                        "not finite"),
                Arguments.of(
                        "llama",
                        "'rope_scaling': {'rope_type': 'yarn', 'factor': 2, 'attention_factor': 1e300}",
                        "rope_scaling",
                        "not finite"),
                Arguments.of(
                        "deepseek_v2",
                        "'num_experts_per_tok': 2, 'rope_scaling': {'rope_type': 'linear', 'factor': 2,"
                                + " 'mscale_all_dim': 1e300}",
                        "rope_scaling",
                        "not finite"),
                Arguments.of(
                        "deepseek_v2",
                        "'num_experts_per_tok': 2, 'rope_scaling': {'rope_type': 'linear', 'factor': 2,"
                                + " 'mscale_all_dim': -1}",
                        "rope_scaling.mscale_all_dim",
                        "where a positive number"));
        return Stream.of(bases, factors, missing, others).flatMap(all -> all);
    }

    private static Arguments scaling(String type, String inside, String key, String problem) {
        return Arguments.of(
                "llama",
                "'rope_scaling': {'rope_type': '%s', %s}".formatted(type, inside),
                "rope_scaling." + key,
                problem);
    }

    private static String longRope(String shortFactor, String longFactor) {
        return "'factor': 2, 'short_factor': %s, 'long_factor': %s".formatted(shortFactor, longFactor);
    }

    private static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of("llama", "'num_hidden_layers': 10001", "num_hidden_layers", "more than 10000"),
                Arguments.of("llama", "'num_hidden_layers': 268435456", "num_hidden_layers", "more than 10000"),
                Arguments.of("gpt2", "'num_hidden_layers': 10001", "num_hidden_layers", "more than 10000"));
    }

    /** Ten thousand layers must not hold ten thousand copies of a long list. */
    @Test
    @Timeout(20)
    void manyLayersAreDescribedInLittleTimeAndMemory() {
        String list = Collections.nCopies(20_000, "1.5").toString();
        Architecture model = small("llama", """
                'num_hidden_layers': 10000, 'head_dim': 40000, 'rope_scaling': {'rope_type': 'longrope', 'factor': 2,
                'short_factor': %s, 'long_factor': %s}""".formatted(list, list));

        assertThat(model.layers()).isEqualTo(10_000);
        assertThat(Parameters.of(model)).hasSize(10_000 * 9 + 3);
    }

    @Test
    void messageStaysShortWhateverTheValue() {
        String nested = "[".repeat(900) + "]".repeat(900);

        assertThat(refusal("llama", "'hidden_size': " + nested).field()).isEqualTo("hidden_size");
        assertThat(refusal("llama", "'hidden_act': '" + "x\\n".repeat(10_000) + "'")
                        .field())
                .isEqualTo("hidden_act");
        assertThat(refusal("llama", "'model_type': '\\u001b[31m" + "x".repeat(10_000) + "'")
                        .field())
                .isEqualTo("model_type");
    }
}
