package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.gguf.GgufMetadata;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Makes a config.json of a GGUF file's metadata. What metadata leaves out has the value that llama.cpp takes for it, which
 * need not be the family's own default.
 */
final class GgufConfig {

    private static final double DEFAULT_ROPE_BASE = 10000;
    private static final String SCALING = "rope.scaling.";

    /** Read here by name, besides those that the mapping names. */
    private static final Set<String> KNOWN = Set.of(
            SCALING + "type",
            SCALING + "factor",
            SCALING + "original_context_length",
            SCALING + "attn_factor",
            SCALING + "yarn_beta_fast",
            SCALING + "yarn_beta_slow",
            "rope.scale_linear");

    private final GgufMetadata metadata;
    private final String prefix;
    private final JsonNode mapping;
    private final Checkpoint stored;
    private final ObjectNode options = JsonNodeFactory.instance.objectNode();
    private final Map<String, String> names = new HashMap<>();

    GgufConfig(GgufMetadata metadata, String architecture, JsonNode mapping, Checkpoint stored) {
        this.metadata = metadata;
        this.prefix = architecture + ".";
        this.mapping = mapping;
        this.stored = stored;
    }

    /** The metadata keys, without the architecture before them, that a mapping can do with. */
    static Set<String> knownKeys(JsonNode mapping) {
        Set<String> known = new HashSet<>(KNOWN);
        mapping.get("options").forEach(keys -> known.addAll(texts(keys)));
        mapping.get("ignored").forEach(key -> known.add(key.textValue()));
        return known;
    }

    Config config() {
        for (JsonNode key : mapping.get("required")) {
            if (metadata.value(prefix + key.textValue()).isEmpty()) {
                throw malformed(key.textValue(), "is missing");
            }
        }
        options.set("model_type", mapping.get("family"));
        mapping.path("constants").properties().forEach(entry -> options.set(entry.getKey(), entry.getValue()));
        mapping.get("options").properties().forEach(entry -> {
            List<String> keys = texts(entry.getValue());
            String key = keys.stream()
                    .filter(one -> metadata.value(prefix + one).isPresent())
                    .findFirst()
                    .orElse(keys.get(0));
            names.put(entry.getKey(), prefix + key);
            number(key).ifPresent(value -> options.set(entry.getKey(), value));
        });
        mapping.path("whereTensor")
                .properties()
                .forEach(entry -> options.put(
                        entry.getKey(),
                        stored.find(entry.getValue().textValue()).isPresent()));
        options.put("vocab_size", vocabularySize());
        options.put("tie_word_embeddings", stored.find("output.weight").isEmpty());
        metadata.integer("tokenizer.ggml.bos_token_id").ifPresent(token -> options.put("bos_token_id", token));
        attention();
        rotary();
        return new Config(metadata.file(), options, Map.copyOf(names));
    }

    /** One text, or a list of them. */
    private static List<String> texts(JsonNode given) {
        return given.isArray()
                ? StreamSupport.stream(given.spliterator(), false)
                        .map(JsonNode::textValue)
                        .toList()
                : List.of(given.textValue());
    }

    private long vocabularySize() {
        TensorInfo embedding = stored.find("token_embd.weight")
                .filter(tensor -> tensor.shape().size() == 2)
                .orElseThrow(() -> new MalformedInputException(
                        metadata.file(), "token_embd.weight", "is missing, or is not a matrix", ""));
        return embedding.shape().get(0);
    }

    private void attention() {
        long heads = positive("attention.head_count");
        long hiddenSize = positive("embedding_length");
        if (!options.has("num_key_value_heads")) {
            made("num_key_value_heads", "attention.head_count");
            options.put("num_key_value_heads", heads);
        }
        if (!options.has("head_dim")) {
            made("head_dim", "embedding_length");
            if (hiddenSize % heads != 0) {
                throw malformed("attention.head_count", "is " + heads + ", which does not divide " + hiddenSize);
            }
            options.put("head_dim", hiddenSize / heads);
        }
        if (options.path("sliding_window").asLong(-1) == 0) {
            options.putNull("sliding_window");
        }
        slidingWindowPattern();
        number("attention.value_length")
                .filter(size -> size.asLong() != headSize())
                .ifPresent(size -> {
                    throw new UnsupportedInputException(
                            metadata.file(),
                            prefix + "attention.value_length",
                            "is " + size + " while keys have " + headSize() + ", which is not supported",
                            "");
                });
        if (mapping.has("scoresByHiddenSizeAtLayers")) {
            boolean byHiddenSize = positive("block_count")
                    == mapping.get("scoresByHiddenSizeAtLayers").longValue();
            options.put("query_pre_attn_scalar", byHiddenSize ? (double) hiddenSize / heads : headSize());
        }
    }

    /** Of something else than the key that it usually comes from. */
    private void made(String option, String key) {
        names.put(option, prefix + key);
    }

    private long headSize() {
        return options.get("head_dim").asLong();
    }

    /** Which layers have a window: every n-th has none, or a list with true for those that have one. */
    private void slidingWindowPattern() {
        String key = prefix + "attention.sliding_window_pattern";
        if (metadata.value(key).filter(List.class::isInstance).isPresent()) {
            ArrayNode types = options.putArray("layer_types");
            metadata.list(key, Boolean.class)
                    .forEach(windowed -> types.add(windowed ? "sliding_attention" : "full_attention"));
            options.remove("sliding_window_pattern");
        }
    }

    private void rotary() {
        if (!options.has("rope_theta")) {
            options.put("rope_theta", DEFAULT_ROPE_BASE);
        }
        made("partial_rotary_factor", "rope.dimension_count");
        made("original_max_position_embeddings", SCALING + "original_context_length");
        made("rope_scaling", SCALING + "type");
        made("rope_scaling.factor", SCALING + "factor");
        made("rope_scaling.attention_factor", SCALING + "attn_factor");
        made("rope_scaling.original_max_position_embeddings", SCALING + "original_context_length");
        made("rope_scaling.beta_fast", SCALING + "yarn_beta_fast");
        made("rope_scaling.beta_slow", SCALING + "yarn_beta_slow");
        number("rope.dimension_count")
                .filter(dimensions -> dimensions.asLong() != headSize())
                .ifPresent(dimensions -> options.put("partial_rotary_factor", dimensions.asDouble() / headSize()));
        long context = positive("context_length");
        Optional<Long> original = integer(SCALING + "original_context_length");
        ObjectNode scaling = JsonNodeFactory.instance.objectNode();
        Optional<TensorInfo> longFactors = stored.find("rope_factors_long.weight");
        Optional<TensorInfo> shortFactors = stored.find("rope_factors_short.weight");
        Optional<TensorInfo> frequencies = stored.find("rope_freqs.weight");
        if (longFactors.isPresent() && shortFactors.isPresent()) {
            scaling.put("rope_type", "longrope");
            names.put("rope_scaling.long_factor", longFactors.get().name());
            names.put("rope_scaling.short_factor", shortFactors.get().name());
            scaling.set("long_factor", factors(longFactors.get()));
            scaling.set("short_factor", factors(shortFactors.get()));
            number(SCALING + "attn_factor").ifPresent(factor -> scaling.set("attention_factor", factor));
            options.put("original_max_position_embeddings", original.orElse(context));
        } else if (frequencies.isPresent()) {
            refuseScalingBesideFrequencies();
            // The frequencies of Llama 3.1 and later, whatever the length.
            scaling.put("rope_type", "longrope");
            names.put("rope_scaling.long_factor", frequencies.get().name());
            names.put("rope_scaling.short_factor", frequencies.get().name());
            scaling.set("long_factor", factors(frequencies.get()));
            scaling.set("short_factor", factors(frequencies.get()));
            scaling.put("attention_factor", 1.0);
        } else {
            byType(scaling, original);
            unsaid(scaling);
        }
        if (!scaling.isEmpty()) {
            options.set("rope_scaling", scaling);
        }
    }

    /** Converters write either: what both together would mean is nobody's. */
    private void refuseScalingBesideFrequencies() {
        boolean scaled = number(SCALING + "factor")
                .or(() -> number("rope.scale_linear"))
                .filter(factor -> factor.asDouble() != 1)
                .isPresent();
        String type = metadata.text(prefix + SCALING + "type").orElse("none");
        if (scaled || !type.equals("none")) {
            throw new UnsupportedInputException(
                    metadata.file(),
                    prefix + SCALING + "type",
                    "\"" + type + "\" beside the frequencies of rope_freqs.weight is not supported",
                    "");
        }
        refuseAttentionFactor();
    }

    /**
     * A scaling that the files of another program do not tell, though models of that size have it: they are known by
     * telling no pattern of sliding windows, and their soft cap of the logits is another family's.
     */
    private void unsaid(ObjectNode scaling) {
        if (mapping.has("unsaidScaling")
                && metadata.value(prefix + "attention.sliding_window_pattern").isEmpty()) {
            options.remove("final_logit_softcapping");
            JsonNode factor = mapping.get("unsaidScaling")
                    .path(options.path("num_hidden_layers").asText());
            if (factor.isNumber() && scaling.isEmpty()) {
                scaling.put("rope_type", "linear");
                scaling.set("factor", factor);
            }
        }
    }

    private void byType(ObjectNode scaling, Optional<Long> original) {
        Optional<JsonNode> factor = number(SCALING + "factor").or(() -> number("rope.scale_linear"));
        if (number(SCALING + "factor").isEmpty() && factor.isPresent()) {
            made("rope_scaling.factor", "rope.scale_linear");
        }
        String type = metadata.text(prefix + SCALING + "type").orElse(factor.isPresent() ? "linear" : "none");
        switch (type) {
            case "none" -> refuseAttentionFactor();
            case "linear" -> {
                refuseAttentionFactor();
                scaling.put("rope_type", "linear");
                scaling.set("factor", factor.orElseThrow(() -> malformed(SCALING + "factor", "is missing")));
            }
            case "yarn" -> {
                scaling.put("rope_type", "yarn");
                scaling.set("factor", factor.orElseThrow(() -> malformed(SCALING + "factor", "is missing")));
                original.ifPresent(length -> scaling.put("original_max_position_embeddings", length));
                number(SCALING + "yarn_beta_fast").ifPresent(beta -> scaling.set("beta_fast", beta));
                number(SCALING + "yarn_beta_slow").ifPresent(beta -> scaling.set("beta_slow", beta));
                refuseAttentionFactor();
            }
            default ->
                throw new UnsupportedInputException(
                        metadata.file(),
                        prefix + SCALING + "type",
                        "\"" + type + "\" is not supported",
                        "supported are none, linear and yarn");
        }
    }

    private void refuseAttentionFactor() {
        number(SCALING + "attn_factor").filter(factor -> factor.asDouble() != 1).ifPresent(factor -> {
            throw new UnsupportedInputException(
                    metadata.file(), prefix + SCALING + "attn_factor", factor + " is not supported", "");
        });
    }

    private ArrayNode factors(TensorInfo tensor) {
        if (tensor.shape().size() != 1
                || tensor.elements() > Math.min(headSize(), RotaryReader.LARGEST_HEAD_SIZE)
                || !tensor.dtype().isComputable()) {
            throw new MalformedInputException(
                    tensor.file(),
                    tensor.name(),
                    "has shape " + tensor.shape() + " and type " + tensor.dtype() + " where a factor for each pair of "
                            + "a head's channels is needed",
                    "");
        }
        ArrayNode factors = JsonNodeFactory.instance.arrayNode();
        for (float factor : stored.floats(tensor, 0, (int) tensor.elements(), 1)) {
            factors.add(factor);
        }
        return factors;
    }

    private long positive(String key) {
        long value = integer(key).orElse(0L);
        if (value <= 0) {
            throw malformed(key, "is not a positive whole number");
        }
        return value;
    }

    private Optional<Long> integer(String key) {
        return number(key).map(value -> {
            if (!value.isIntegralNumber()) {
                throw malformed(key, "is not a whole number");
            }
            return value.longValue();
        });
    }

    /** A number; of a list with one for each layer the one, if they are all the same. */
    private Optional<JsonNode> number(String key) {
        return metadata.value(prefix + key)
                .filter(value -> !isListOfFlags(value))
                .map(value -> value instanceof List<?> list ? theOne(key, list) : value)
                .map(value -> {
                    if (value instanceof Long whole) {
                        return JsonNodeFactory.instance.numberNode((long) whole);
                    }
                    if (value instanceof Double fraction) {
                        return JsonNodeFactory.instance.numberNode((double) fraction);
                    }
                    throw malformed(key, "is not a number");
                });
    }

    private static boolean isListOfFlags(Object value) {
        return value instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof Boolean;
    }

    private Object theOne(String key, List<?> list) {
        Set<Object> different = list.stream().collect(Collectors.toSet());
        if (different.size() != 1) {
            throw new UnsupportedInputException(
                    metadata.file(), prefix + key, "differs between layers, which is not supported", "");
        }
        return different.iterator().next();
    }

    private MalformedInputException malformed(String key, String problem) {
        return new MalformedInputException(metadata.file(), prefix + key, problem, "");
    }
}
