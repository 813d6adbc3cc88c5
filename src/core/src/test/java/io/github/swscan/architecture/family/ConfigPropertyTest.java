package io.github.swscan.architecture.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.fixture.Architectures;
import io.github.swscan.input.InputException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever stands in config.json, the answer is a description or a refusal of one line. */
class ConfigPropertyTest {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private static final List<String> OPTIONS = List.of(
            "vocab_size",
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "hidden_act",
            "max_position_embeddings",
            "original_max_position_embeddings",
            "rms_norm_eps",
            "tie_word_embeddings",
            "attention_bias",
            "mlp_bias",
            "rope_theta",
            "rope_scaling",
            "rope_parameters",
            "partial_rotary_factor",
            "use_sliding_window",
            "sliding_window",
            "max_window_layers",
            "layer_types",
            "n_embd",
            "n_layer",
            "n_head",
            "n_inner",
            "n_positions",
            "activation_function",
            "layer_norm_epsilon",
            "scale_attn_weights",
            "quantization_config",
            "is_encoder_decoder",
            "pruned_heads",
            "model_type");

    private static final List<String> ROTARY_OPTIONS = List.of(
            "rope_type",
            "type",
            "rope_theta",
            "factor",
            "attention_factor",
            "beta_fast",
            "beta_slow",
            "mscale",
            "mscale_all_dim",
            "truncate",
            "low_freq_factor",
            "high_freq_factor",
            "original_max_position_embeddings",
            "short_factor",
            "long_factor",
            "partial_rotary_factor");

    record Change(String option, JsonNode value) {}

    @Property(tries = 1000)
    void changedOptionsAreDescribedOrRefused(
            @ForAll("families") String family, @ForAll("changes") List<Change> changes) {
        ObjectNode options = Architectures.smallOptions(family);
        changes.forEach(change -> options.set(change.option(), change.value()));

        describeOrRefuse(options);
    }

    @Property(tries = 1000)
    void changedRotaryOptionsAreDescribedOrRefused(
            @ForAll("rotaryTypes") String type, @ForAll("rotaryChanges") List<Change> changes) {
        ObjectNode rotary = Architectures.options("""
                {'rope_type': '%s', 'factor': 4.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,
                 'original_max_position_embeddings': 16, 'short_factor': [1, 2, 3, 4], 'long_factor': [4, 3, 2, 1]}
                """.formatted(type));
        changes.forEach(change -> rotary.set(change.option(), change.value()));
        for (String section : List.of("rope_scaling", "rope_parameters")) {
            describeOrRefuse(Architectures.smallOptions("llama").set(section, rotary));
        }
    }

    private static void describeOrRefuse(JsonNode options) {
        Architecture model;
        try {
            model = Architectures.describe(options);
        } catch (InputException refusal) {
            assertThat(refusal.file()).isEqualTo(Architectures.CONFIG);
            assertThat(refusal.field()).isNotEmpty();
            assertThat(refusal.getMessage()).doesNotContain("\n");
            return;
        }
        Map<String, List<Long>> parameters = Parameters.of(model);
        assertThat(parameters.values()).allSatisfy(shape -> assertThat(shape).allMatch(size -> size > 0));
        for (Block block : Stream.of(model.blocks().get(0), model.blocks().get(model.layers() - 1))
                .toList()) {
            assertThat(Architectures.attention(block).scores().scale()).isPositive();
            Architectures.attention(block).rotary().ifPresent(rotary -> {
                assertThat(DoubleStream.of(rotary.frequencies(7)))
                        .allMatch(frequency -> frequency >= 0 && frequency <= Float.MAX_VALUE);
                assertThat(rotary.scaling().attentionFactor(1)).isPositive().isFinite();
            });
        }
    }

    @Provide
    Arbitrary<String> families() {
        return Arbitraries.of(FamiliesTest.families());
    }

    @Provide
    Arbitrary<String> rotaryTypes() {
        return Arbitraries.of("default", "linear", "dynamic", "yarn", "longrope", "llama3", "none");
    }

    @Provide
    Arbitrary<List<Change>> changes() {
        return changesOf(OPTIONS).list().ofMaxSize(4);
    }

    @Provide
    Arbitrary<List<Change>> rotaryChanges() {
        return changesOf(ROTARY_OPTIONS).list().ofMaxSize(6);
    }

    private static Arbitrary<Change> changesOf(List<String> options) {
        return Arbitraries.of(options).flatMap(option -> Arbitraries.lazy(ConfigPropertyTest::values)
                .map(value -> new Change(option, value)));
    }

    private static Arbitrary<JsonNode> values() {
        Arbitrary<JsonNode> simple = Arbitraries.oneOf(
                Arbitraries.integers().between(-2, 130).map(NODES::numberNode),
                Arbitraries.integers().map(NODES::numberNode),
                Arbitraries.doubles().map(NODES::numberNode),
                Arbitraries.doubles().between(0, 10).map(NODES::numberNode),
                Arbitraries.of(true, false).map(NODES::booleanNode),
                Arbitraries.of("silu", "gelu", "llama", "full_attention", "sliding_attention", "yarn", "", "\n\u001b")
                        .map(NODES::textNode),
                Arbitraries.just(NODES.nullNode()),
                Arbitraries.of(1e300, 1e-300, 1e38, Double.MIN_VALUE, Double.POSITIVE_INFINITY, Double.NaN, -0.0)
                        .map(NODES::numberNode),
                Arbitraries.just(NODES.numberNode(BigInteger.TEN.pow(40))));
        Arbitrary<JsonNode> lists = simple.list().ofMaxSize(5).map(values -> {
            ArrayNode list = NODES.arrayNode();
            list.addAll(values);
            return list;
        });
        Arbitrary<JsonNode> objects = Arbitraries.maps(Arbitraries.of(ROTARY_OPTIONS), simple)
                .ofMaxSize(4)
                .map(values -> NODES.objectNode().setAll(values));
        return Arbitraries.frequencyOf(Tuple.of(6, simple), Tuple.of(1, lists), Tuple.of(1, objects));
    }
}
