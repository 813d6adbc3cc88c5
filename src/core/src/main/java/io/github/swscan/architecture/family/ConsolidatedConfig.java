package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes a config.json of a params.json. What that leaves out has the value that Meta's or Mistral's own program takes for
 * it, which need not be the family's own default.
 */
final class ConsolidatedConfig {

    private static final String TABLE = "tok_embeddings.weight";

    private final Config params;
    private final JsonNode layout;
    private final Checkpoint stored;
    private final ObjectNode options = JsonNodeFactory.instance.objectNode();
    private final Map<String, String> names = new HashMap<>();

    /** @param stored the tensors under the names that they have in the files */
    ConsolidatedConfig(Config params, JsonNode layout, Checkpoint stored) {
        this.params = params;
        this.layout = layout;
        this.stored = stored;
    }

    Config config() {
        for (JsonNode required : layout.get("required")) {
            if (given(required.textValue()).isEmpty()) {
                throw malformed(required.textValue(), "is missing");
            }
        }
        options.set("model_type", layout.get("family"));
        refuseOtherThanTransformer();
        Stream.of("wholeNumbers", "numbers", "asTheyAre")
                .flatMap(section -> layout.get(section).properties().stream())
                .forEach(entry -> names.put(entry.getKey(), entry.getValue().textValue()));
        layout.get("wholeNumbers").properties().forEach(entry -> wholeNumber(
                        entry.getValue().textValue())
                .ifPresent(value -> options.put(entry.getKey(), value)));
        layout.get("numbers").properties().forEach(entry -> number(
                        entry.getValue().textValue())
                .ifPresent(value -> options.put(entry.getKey(), value)));
        layout.get("asTheyAre").properties().forEach(entry -> given(
                        entry.getValue().textValue())
                .ifPresent(value -> options.set(entry.getKey(), value)));
        attention();
        if (!options.has("intermediate_size")) {
            names.put(
                    "intermediate_size",
                    Stream.of("multiple_of", "ffn_dim_multiplier")
                            .filter(param -> given(param).isPresent())
                            .findFirst()
                            .orElse("dim"));
            options.put("intermediate_size", feedForwardSize());
        }
        options.put("vocab_size", vocabularySize());
        window();
        experts();
        if (options.path("sliding_window").isNumber()) {
            setDefaults(layout.path("defaultsWithWindow"));
        }
        setDefaults(layout.path("defaultsByVocabulary")
                .path(options.get("vocab_size").asText()));
        setDefaults(layout.get("defaults"));
        options.put("max_position_embeddings", contextLength());
        rotaryScaling();
        return new Config(params.file(), options, Map.copyOf(names));
    }

    private void refuseOtherThanTransformer() {
        given("model_type").filter(type -> !type.asText().equals("transformer")).ifPresent(type -> {
            throw unsupported("model_type", Config.written(type) + " is not supported");
        });
    }

    private void setDefaults(JsonNode defaults) {
        for (Entry<String, JsonNode> option : defaults.properties()) {
            if (!options.has(option.getKey())) {
                options.set(option.getKey(), option.getValue());
            }
        }
    }

    private void attention() {
        long heads = options.get("num_attention_heads").longValue();
        if (!options.has("num_key_value_heads")) {
            names.put("num_key_value_heads", "n_heads");
            options.put("num_key_value_heads", heads);
        }
        if (!options.has("head_dim")) {
            long hiddenSize = options.get("hidden_size").longValue();
            if (hiddenSize % heads != 0) {
                throw malformed("n_heads", "is " + heads + ", which does not divide dim, " + hiddenSize);
            }
            names.put("head_dim", "dim");
            options.put("head_dim", hiddenSize / heads);
        }
    }

    /** Two thirds of four times the hidden size, times a factor, rounded up to a multiple: FeedForward in Meta's model.py. */
    private long feedForwardSize() {
        long twoThirds = 8 * options.get("hidden_size").longValue() / 3;
        long multiple = wholeNumber("multiple_of").orElse(256L);
        double size = Math.floor(number("ffn_dim_multiplier").orElse(1.0) * twoThirds);
        long multiples = (long) Math.ceil(size / multiple);
        if (size < 1 || multiples > Integer.MAX_VALUE / multiple) {
            throw malformed("ffn_dim_multiplier", "makes an MLP of " + size + " channels");
        }
        return multiple * multiples;
    }

    /** That of the table of tokens, where params.json leaves it to the tokenizer. */
    private long vocabularySize() {
        boolean said = given("vocab_size").filter(size -> size.asLong() != -1).isPresent();
        return said ? wholeNumber("vocab_size").orElseThrow() : table().shape().get(0);
    }

    private TensorInfo table() {
        return stored.find(TABLE)
                .filter(tensor -> tensor.shape().size() == 2)
                .orElseThrow(() -> new MalformedInputException(
                        stored.files().get(0).path(), TABLE, "is missing, or is not a matrix", ""));
    }

    /** One for all layers, or a list with that of some layers, which holds for those after them again. */
    private void window() {
        JsonNode window = given("sliding_window")
                .or(() -> given("_sliding_window"))
                .orElseGet(JsonNodeFactory.instance::nullNode);
        if (!window.isArray()) {
            options.set("sliding_window", windowSize(window));
            return;
        }
        List<JsonNode> pattern = new ArrayList<>();
        window.forEach(size -> pattern.add(windowSize(size)));
        long layers = options.get("num_hidden_layers").longValue();
        if (pattern.isEmpty() || layers % pattern.size() != 0) {
            throw malformed("sliding_window", "has " + pattern.size() + " entries, which do not divide " + layers);
        }
        List<JsonNode> sizes =
                pattern.stream().filter(size -> !size.isNull()).distinct().toList();
        if (sizes.size() > 1) {
            throw unsupported("sliding_window", "windows of different sizes are not supported: " + window);
        }
        options.set("sliding_window", sizes.isEmpty() ? JsonNodeFactory.instance.nullNode() : sizes.get(0));
        if (!sizes.isEmpty() && pattern.stream().anyMatch(JsonNode::isNull)) {
            options.set("model_type", layout.get("familyOfMixedWindows"));
            ArrayNode types = options.putArray("layer_types");
            // The number of layers has not been held against the files yet.
            for (long layer = 0; layer < Math.min(layers, ArchitectureReader.MAX_BLOCKS); layer++) {
                boolean windowed = !pattern.get((int) (layer % pattern.size())).isNull();
                types.add(windowed ? "sliding_attention" : "full_attention");
            }
        }
    }

    /** A size, which some files have as text. */
    private JsonNode windowSize(JsonNode size) {
        if (size.isNull()) {
            return size;
        }
        if (size.isTextual() && size.textValue().matches("[1-9]\\d{0,8}")) {
            return JsonNodeFactory.instance.numberNode(Integer.parseInt(size.textValue()));
        }
        if (!size.canConvertToInt() || !size.isIntegralNumber() || size.intValue() < 1) {
            throw malformed(
                    "sliding_window", "is " + Config.written(size) + " where a positive whole number is needed");
        }
        return size;
    }

    private void experts() {
        Optional<JsonNode> moe = given("moe");
        if (moe.isEmpty()) {
            return;
        }
        if (!options.get("model_type").equals(layout.get("family"))) {
            throw unsupported("sliding_window", "a window in some layers is not supported with experts");
        }
        for (Entry<String, JsonNode> option : moe.get().properties()) {
            boolean known = Stream.of("num_experts", "num_experts_per_tok").anyMatch(option.getKey()::equals);
            if (!known && !option.getValue().isNull()) {
                throw unsupported("moe." + option.getKey(), "is not supported");
            }
        }
        options.set("model_type", layout.get("familyOfMixtures"));
        names.put("num_local_experts", "moe.num_experts");
        names.put("num_experts_per_tok", "moe.num_experts_per_tok");
        options.put(
                "num_local_experts", wholeNumber("moe.num_experts", moe.get().path("num_experts")));
        options.put(
                "num_experts_per_tok",
                wholeNumber("moe.num_experts_per_tok", moe.get().path("num_experts_per_tok")));
    }

    private long contextLength() {
        JsonNode lengths = layout.get("contextLength");
        for (JsonNode option : lengths.path("options")) {
            Optional<Long> length = wholeNumber(option.textValue());
            if (length.isPresent()) {
                names.put("max_position_embeddings", option.textValue());
                return length.get();
            }
        }
        if (isRotaryScaled()) {
            return lengths.get("scaled").longValue();
        }
        JsonNode byBase =
                lengths.path("byRotaryBase").path(options.get("rope_theta").asText());
        return byBase.asLong(lengths.get("default").longValue());
    }

    private boolean isRotaryScaled() {
        return given("use_scaled_rope")
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw malformed(
                                "use_scaled_rope", "is " + Config.written(value) + " where true or false is needed");
                    }
                    return value.booleanValue();
                })
                .orElse(false);
    }

    private void rotaryScaling() {
        if (!isRotaryScaled()) {
            return;
        }
        JsonNode known = layout.get("rotaryScaling");
        names.put("rope_scaling", "use_scaled_rope");
        ObjectNode scaling = known.get("options").deepCopy();
        Optional.ofNullable(known.get("factorByWidth")
                        .get(options.get("hidden_size").asText()))
                .ifPresent(factor -> scaling.set("factor", factor));
        scalingFactor(scaling, "factor", "rope_scaling_factor");
        scalingFactor(scaling, "factor", "rope_scale_factor");
        scalingFactor(scaling, "high_freq_factor", "rope_high_freq_factor");
        options.set("rope_scaling", scaling);
    }

    private void scalingFactor(ObjectNode scaling, String option, String param) {
        number(param).ifPresent(factor -> {
            names.put("rope_scaling." + option, param);
            scaling.put(option, factor);
        });
    }

    private Optional<JsonNode> given(String param) {
        return Optional.ofNullable(params.options().get(param)).filter(value -> !value.isNull());
    }

    private Optional<Long> wholeNumber(String param) {
        return given(param).map(value -> wholeNumber(param, value));
    }

    private long wholeNumber(String param, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
            throw malformed(param, "is " + Config.written(value) + " where a positive whole number is needed");
        }
        return value.longValue();
    }

    private Optional<Double> number(String param) {
        return given(param).map(value -> {
            if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() <= 0) {
                throw malformed(param, "is " + Config.written(value) + " where a positive number is needed");
            }
            return value.doubleValue();
        });
    }

    private MalformedInputException malformed(String param, String problem) {
        return new MalformedInputException(params.file(), param, problem, "download params.json again");
    }

    private UnsupportedInputException unsupported(String param, String problem) {
        return new UnsupportedInputException(params.file(), param, problem, ConsolidatedModel.REMEDY);
    }
}
