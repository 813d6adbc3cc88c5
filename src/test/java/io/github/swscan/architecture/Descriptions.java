package io.github.swscan.architecture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Set;

/** Descriptions of models from options written as JSON, with single quotes for legibility. */
final class Descriptions {

    static final Path CONFIG = Path.of("model", "config.json");

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_SINGLE_QUOTES).build();

    private Descriptions() {}

    static ObjectNode options(String json) {
        try {
            return (ObjectNode) MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A family's model with options, given as the inside of a JSON object, over small sizes. */
    static Architecture small(String family, String options) {
        return describe(smallOptions(family).setAll(options("{" + options + "}")));
    }

    /** A model with nothing but these options, given as the inside of a JSON object. */
    static Architecture exactly(String family, String options) {
        return describe(options("{'model_type': '" + family + "'" + (options.isEmpty() ? "" : ", ") + options + "}"));
    }

    static Architecture describe(JsonNode options) {
        return Families.describe(new Config(CONFIG, options), Set.of());
    }

    static Attention attention(Block block) {
        return (Attention) block.mixer();
    }

    static Mlp mlp(Block block) {
        return (Mlp) block.feedForward();
    }

    /** Hidden size 32, intermediate size 48, 3 layers, 4 heads of 8, 97 tokens, 64 positions. */
    static ObjectNode smallOptions(String family) {
        return options(family.equals("gpt2") ? """
                        {'model_type': 'gpt2', 'vocab_size': 97, 'n_positions': 64, 'n_embd': 32, 'n_layer': 3,
                         'n_head': 4, 'n_inner': 48}
                        """ : """
                        {'model_type': '%s', 'vocab_size': 97, 'hidden_size': 32, 'intermediate_size': 48,
                         'num_hidden_layers': 3, 'num_attention_heads': 4, 'num_key_value_heads': 2, 'head_dim': 8,
                         'max_position_embeddings': 64, 'rotary_dim': 4}
                        """.formatted(family));
    }
}
