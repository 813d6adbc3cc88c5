package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CheckpointLocation;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.fixture.SafetensorsWriter;
import io.github.swscan.fixture.SafetensorsWriter.Tensor;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a params.json means, by those that Meta and Mistral published. */
class ConsolidatedModelTest {

    private static final Path PARAMS = Path.of("model", "params.json");
    private static final int VOCABULARY = 32016;
    private static final String META = "{'dim': 4096, 'n_layers': 32, 'n_heads': 32";
    private static final String MISTRAL =
            "{'dim': 64, 'n_layers': 4, 'n_heads': 4, 'n_kv_heads': 2, 'hidden_dim': 96, 'vocab_size': 99";

    private static Checkpoint checkpoint;

    @BeforeAll
    static void writeTheTableOfTokens(@TempDir Path folder) {
        Tensor table = new Tensor(DType.U8, List.of((long) VOCABULARY, 1L), new byte[VOCABULARY]);
        Path file = SafetensorsWriter.write(
                folder.resolve("consolidated.safetensors"), Map.of("tok_embeddings.weight", table));
        checkpoint = Checkpoint.open(CheckpointLocation.find(file));
    }

    private static TranslatedModel model(String params) {
        return ConsolidatedModel.of(new Config(PARAMS, Architectures.options(params)), checkpoint);
    }

    private static JsonNode options(String params) {
        TranslatedModel model = model(params);
        assertThatCode(() -> model.describe(Optional.empty())).doesNotThrowAnyException();
        return model.config().options();
    }

    /** The options are those of the config.json that Meta or the conversion of transformers wrote for the same model. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            Llama 7B      | 'multiple_of': 256, 'norm_eps': 1e-06, 'vocab_size': -1                      | 11008 | 32 | 10000
            Code Llama 7B | 'n_kv_heads': null, 'multiple_of': 256, 'ffn_dim_multiplier': 1.0, 'rope_theta': 1000000 | 11008 | 32 | 1000000
            Llama 3 8B    | 'n_kv_heads': 8, 'multiple_of': 1024, 'ffn_dim_multiplier': 1.3, 'rope_theta': 500000.0, 'vocab_size': 128256 | 14336 | 8 | 500000
            Llama 2 70B   | 'dim': 8192, 'n_heads': 64, 'n_kv_heads': 8, 'multiple_of': 4096, 'ffn_dim_multiplier': 1.3, 'vocab_size': -1 | 28672 | 8 | 10000
            Llama 3.1 405B | 'dim': 16384, 'n_heads': 128, 'n_kv_heads': 8, 'multiple_of': 4096, 'ffn_dim_multiplier': 1.2, 'rope_theta': 500000 | 53248 | 8 | 500000
            Llama 3.2 1B  | 'dim': 2048, 'n_kv_heads': 8, 'multiple_of': 256, 'ffn_dim_multiplier': 1.5, 'rope_theta': 500000 | 8192 | 8 | 500000
            """)
    void metasParametersMeanWhatTheirProgramMakesOfThem(
            String name, String params, int intermediateSize, int keyValueHeads, double base) {
        ObjectNode all = Architectures.options(META + "}");
        all.setAll(Architectures.options("{" + params + "}"));
        JsonNode options = options(all.toString());

        assertThat(options.get("model_type").textValue()).isEqualTo("llama");
        assertThat(options.get("intermediate_size").intValue()).isEqualTo(intermediateSize);
        assertThat(options.get("num_key_value_heads").intValue()).isEqualTo(keyValueHeads);
        assertThat(options.get("head_dim").intValue())
                .isEqualTo(all.get("dim").intValue() / all.get("n_heads").intValue());
        assertThat(options.get("rope_theta").doubleValue()).isEqualTo(base);
        int vocabulary = all.path("vocab_size").asInt(-1);
        assertThat(options.get("vocab_size").intValue()).isEqualTo(vocabulary == -1 ? VOCABULARY : vocabulary);
        assertThat(options.has("rope_scaling")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'dim': 4096 | 8 | 4",
                "'dim': 2048 | 32 | 4",
                "'dim': 3072, 'n_heads': 24 | 32 | 4",
                "'dim': 4096, 'rope_scale_factor': 32 | 32 | 4",
                "'dim': 2048, 'rope_scaling_factor': 16, 'rope_high_freq_factor': 1.5 | 16 | 1.5"
            })
    void scaledRotaryPositionsAreThoseOfLlama31And32(String params, double factor, double high) {
        ObjectNode all = Architectures.options(META + ", 'use_scaled_rope': true, 'rope_theta': 500000}");
        JsonNode options =
                options(all.setAll(Architectures.options("{" + params + "}")).toString());

        assertThat(options.get("rope_scaling"))
                .isEqualTo(Architectures.options("{'rope_type': 'llama3', 'factor': " + factor
                        + ", 'low_freq_factor': 1.0, 'high_freq_factor': %s, ".formatted(high)
                        + "'original_max_position_embeddings': 8192}"));
        assertThat(options.get("max_position_embeddings").intValue()).isEqualTo(131072);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "'sliding_window': 4096 | mistral | 4096 | 10000",
                "'sliding_window': '4096' | mistral | 4096 | 10000",
                "'_sliding_window': 4096, 'rope_theta': 5e5 | mistral | 4096 | 500000",
                "'rope_theta': null | mistral | null | 1000000",
                "'sliding_window': [16, 16] | mistral | 16 | 10000",
                "'sliding_window': [null] | mistral | null | 1000000",
                "'sliding_window': [null, 16] | ministral | 16 | 10000",
                "'moe': {'num_experts': 8, 'num_experts_per_tok': 2} | mixtral | null | 1000000"
            })
    void mistralsParametersMeanWhatTheirProgramMakesOfThem(String params, String family, Integer window, double base) {
        JsonNode options = options(MISTRAL + ", " + params + "}");

        assertThat(options.get("model_type").textValue()).isEqualTo(family);
        assertThat(
                        options.get("sliding_window").isNull()
                                ? null
                                : options.get("sliding_window").intValue())
                .isEqualTo(window);
        assertThat(options.get("rope_theta").doubleValue()).isEqualTo(base);
        assertThat(options.get("intermediate_size").intValue()).isEqualTo(96);
        if (family.equals("ministral")) {
            assertThat(options.get("layer_types"))
                    .extracting(JsonNode::textValue)
                    .containsExactly("full_attention", "sliding_attention", "full_attention", "sliding_attention");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'head_dim': 32, 'max_seq_len': 77 | head_dim | 32",
                "'max_seq_len': 77 | max_position_embeddings | 77",
                "'max_position_embeddings': 88, 'max_seq_len': 77 | max_position_embeddings | 88",
                "'tied_embeddings': true | tie_word_embeddings | true",
                "'activation': 'gelu' | hidden_act | gelu"
            })
    void mistralsOtherParametersAreOptionsToo(String params, String option, String value) {
        assertThat(options(MISTRAL + ", " + params + "}").get(option).asText()).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "meta | 'moe_args': {'num_experts': 16} | moe_args",
                "meta | 'lora_args': {'rank': 16, 'scale': 2.0} | lora_args",
                "meta | 'quantization_args': {'group_size': 32} | quantization_args",
                "meta | 'vision_chunk_size': 448 | vision_chunk_size",
                "meta | 'use_qk_norm': true | use_qk_norm",
                "mistral | 'yarn': {'factor': 4} | yarn",
                "mistral | 'quantization': {'qformat_weight': 'fp8_e4m3'} | quantization",
                "mistral | 'lora': {'rank': 64} | lora",
                "mistral | 'llama_4_scaling': {'beta': 0.1} | llama_4_scaling",
                "mistral | 'q_lora_rank': 64 | q_lora_rank",
                "mistral | 'use_biases': true | use_biases",
                "mistral | 'model_type': 'mamba' | model_type",
                "mistral | 'moe': {'num_experts': 8, 'num_experts_per_tok': 2, 'num_shared_experts': 1} | moe.num_shared_experts",
                "mistral | 'moe': {'num_experts': 8, 'num_experts_per_tok': 2}, 'sliding_window': [null, 8] | sliding_window",
                "mistral | 'sliding_window': [4, 8] | sliding_window"
            })
    void whatIsNotDescribedIsRefusedByName(String layout, String params, String field) {
        InputException refusal = refusal(layout, params);

        assertThat(refusal).isExactlyInstanceOf(UnsupportedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.file()).isEqualTo(PARAMS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "meta | 'dim': null | dim",
                "meta | 'dim': 0 | dim",
                "meta | 'dim': 4096.0 | dim",
                "meta | 'dim': 1e12 | dim",
                "meta | 'dim': 4095 | n_heads",
                "meta | 'n_layers': '32' | n_layers",
                "meta | 'n_heads': null | n_heads",
                "meta | 'n_kv_heads': -8 | n_kv_heads",
                "meta | 'multiple_of': 0 | multiple_of",
                "meta | 'ffn_dim_multiplier': 0 | ffn_dim_multiplier",
                "meta | 'ffn_dim_multiplier': 1e-9 | ffn_dim_multiplier",
                "meta | 'ffn_dim_multiplier': 1e9 | ffn_dim_multiplier",
                "meta | 'norm_eps': -1 | norm_eps",
                "meta | 'norm_eps': [] | norm_eps",
                "meta | 'vocab_size': -2 | vocab_size",
                "meta | 'rope_theta': 'x' | rope_theta",
                "meta | 'use_scaled_rope': true, 'rope_scale_factor': 0 | rope_scale_factor",
                "meta | 'use_scaled_rope': 1 | use_scaled_rope",
                "meta | 'use_scaled_rope': 'yes' | use_scaled_rope",
                "mistral | 'hidden_dim': 0 | hidden_dim",
                "mistral | 'sliding_window': 0 | sliding_window",
                "mistral | 'sliding_window': {} | sliding_window",
                "mistral | 'sliding_window': [] | sliding_window",
                "mistral | 'sliding_window': [8, null, 8] | sliding_window",
                "mistral | 'moe': {} | moe.num_experts",
                "mistral | 'moe': {'num_experts': 0, 'num_experts_per_tok': 1} | moe.num_experts",
                "mistral | 'moe': {'num_experts': 8} | moe.num_experts_per_tok",
                "mistral | 'moe': 8 | moe.num_experts"
            })
    void whatMakesNoSenseIsRefusedByName(String layout, String params, String field) {
        InputException refusal = refusal(layout, params);

        assertThat(refusal).isExactlyInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.file()).isEqualTo(PARAMS);
    }

    static Stream<Arguments> strangeParameters() {
        List<String> values = List.of(
                "null",
                "true",
                "[]",
                "{}",
                "[[]]",
                "'x'",
                "-1",
                "0",
                "1",
                "1.5",
                "1e-300",
                "1e300",
                "2147483647",
                "1e99999");
        return Stream.of("meta", "mistral").flatMap(layout -> Stream.of(
                        "dim",
                        "n_layers",
                        "n_heads",
                        "n_kv_heads",
                        "head_dim",
                        "hidden_dim",
                        "norm_eps",
                        "rope_theta",
                        "vocab_size",
                        "multiple_of",
                        "ffn_dim_multiplier",
                        "use_scaled_rope",
                        "max_seq_len",
                        "sliding_window",
                        "tied_embeddings",
                        "activation",
                        "moe",
                        "model_type",
                        "vision_encoder")
                .flatMap(
                        name -> values.stream().map(value -> Arguments.of(layout, "'%s': %s".formatted(name, value)))));
    }

    /** Whatever is accepted describes a model. */
    @ParameterizedTest
    @MethodSource("strangeParameters")
    void anyValueIsUnderstoodOrRefused(String layout, String params) {
        ObjectNode all = Architectures.options((layout.equals("meta") ? META : MISTRAL) + "}");
        all.setAll(Architectures.options("{" + params + "}"));
        try {
            assertThat(model(all.toString()).describe(Optional.empty()).layers())
                    .isPositive();
        } catch (InputException refusal) {
            assertThat(refusal.field()).isNotEmpty();
        }
    }

    private static InputException refusal(String layout, String params) {
        ObjectNode all = Architectures.options((layout.equals("meta") ? META : MISTRAL) + "}");
        all.setAll(Architectures.options("{" + params + "}"));
        return catchThrowableOfType(
                InputException.class, () -> model(all.toString()).describe(Optional.empty()));
    }
}
