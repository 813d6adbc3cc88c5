package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads rotary positions from config.json: {@code rope_theta} with {@code rope_scaling}, or both together in {@code
 * rope_parameters} as newer configurations have it.
 */
final class RotaryReader {

    private final Config config;
    private final int contextLength;
    private final String section;
    private final JsonNode scaling;

    private RotaryReader(Config config, int contextLength, String section, JsonNode scaling) {
        this.config = config;
        this.contextLength = contextLength;
        this.section = section;
        this.scaling = scaling;
    }

    static Rotary read(Fields fields, int headSize, int contextLength) {
        Config config = fields.config();
        String section = fields.configured("rope_scaling").isPresent() ? "rope_scaling" : "rope_parameters";
        JsonNode scaling = fields.configured(section).orElse(MissingNode.getInstance());
        if (!scaling.isMissingNode() && !scaling.isObject()) {
            throw new MalformedInputException(config.file(), section, "is not an object", "");
        }
        if (headSize % 2 != 0) {
            throw new MalformedInputException(
                    config.file(), "head_dim", "is " + headSize + ", but rotary positions pair channels", "");
        }
        RotaryReader reader = new RotaryReader(config, contextLength, section, scaling);
        JsonNode base = fields.configured("rope_theta")
                .or(() -> Optional.ofNullable(scaling.get("rope_theta")))
                .or(() -> fields.standard("rope_theta"))
                .orElse(MissingNode.getInstance());
        if (!base.isNumber() || !(base.doubleValue() > 0)) {
            throw new MalformedInputException(
                    config.file(), "rope_theta", "is " + base + " where a positive number is needed", "");
        }
        return new Rotary(headSize, base.doubleValue(), reader.scaling(headSize));
    }

    private RotaryScaling scaling(int headSize) {
        String type = type();
        return switch (type) {
            case "default" -> new RotaryScaling.None();
            case "linear" -> new RotaryScaling.Linear(factor());
            case "dynamic" -> new RotaryScaling.Dynamic(factor(), contextLength);
            case "yarn" -> yarn();
            case "longrope" -> longRope(headSize);
            case "llama3" ->
                new RotaryScaling.Llama3(
                        factor(),
                        positive("low_freq_factor").orElseThrow(() -> missing("low_freq_factor")),
                        positive("high_freq_factor").orElseThrow(() -> missing("high_freq_factor")),
                        originalContextLength().orElseThrow(() -> missing("original_max_position_embeddings")));
            default ->
                throw new UnsupportedInputException(
                        config.file(),
                        section + ".rope_type",
                        "\"" + type + "\" is not supported",
                        "supported are default, linear, dynamic, yarn, longrope and llama3");
        };
    }

    /** {@code rope_type}, which older configurations call {@code type}. */
    private String type() {
        if (scaling.isMissingNode()) {
            return "default";
        }
        JsonNode type = scaling.path("rope_type");
        JsonNode olderType = scaling.path("type");
        if (type.isTextual() && olderType.isTextual() && !type.equals(olderType)) {
            throw new MalformedInputException(
                    config.file(), section, "rope_type is " + type + " but type is " + olderType, "");
        }
        JsonNode given = type.isTextual() ? type : olderType;
        if (given.isTextual()) {
            return given.textValue();
        }
        scaling.properties().stream()
                .filter(entry -> entry.getValue().isObject())
                .findFirst()
                .ifPresent(entry -> {
                    throw new UnsupportedInputException(
                            config.file(),
                            section + "." + entry.getKey(),
                            "rotary positions that differ between kinds of layers are not supported",
                            "");
                });
        if (section.equals("rope_parameters") && given.isMissingNode()) {
            return "default";
        }
        throw new MalformedInputException(config.file(), section + ".rope_type", "is missing", "");
    }

    private RotaryScaling yarn() {
        int original = originalContextLength().orElse(contextLength);
        double factor = positive("factor").orElseGet(() -> (double) contextLength / original);
        Optional<Double> multiplier = positive("mscale");
        Optional<Double> multiplierAllChannels = positive("mscale_all_dim");
        double attentionFactor = positive("attention_factor").orElseGet(() -> {
            if (multiplier.isPresent() && multiplierAllChannels.isPresent()) {
                return RotaryScaling.Yarn.suggestedAttentionFactor(factor, multiplier.get())
                        / RotaryScaling.Yarn.suggestedAttentionFactor(factor, multiplierAllChannels.get());
            }
            return RotaryScaling.Yarn.suggestedAttentionFactor(factor, 1);
        });
        return new RotaryScaling.Yarn(
                factor,
                attentionFactor,
                positive("beta_fast").orElse(32.0),
                positive("beta_slow").orElse(1.0),
                original,
                scaling.path("truncate").asBoolean(true));
    }

    /**
     * Here the original context is an option of the model, not of the scaling; where it is given, the factor follows
     * from it.
     */
    private RotaryScaling longRope(int headSize) {
        JsonNode configured = config.options().path("original_max_position_embeddings");
        Optional<Integer> original = configured.isMissingNode() || configured.isNull()
                ? Optional.empty()
                : Optional.of(positiveInteger("original_max_position_embeddings", configured));
        double factor = original.map(length -> (double) contextLength / length)
                .or(() -> positive("factor"))
                .orElseThrow(() -> missing("factor"));
        int originalContextLength = original.orElse(contextLength);
        double attentionFactor = positive("attention_factor")
                .orElseGet(() -> RotaryScaling.LongRope.suggestedAttentionFactor(factor, originalContextLength));
        return new RotaryScaling.LongRope(
                factors("short_factor", headSize / 2),
                factors("long_factor", headSize / 2),
                attentionFactor,
                originalContextLength);
    }

    private List<Double> factors(String key, int count) {
        JsonNode values = scaling.path(key);
        if (!values.isArray() || values.size() != count) {
            throw new MalformedInputException(
                    config.file(), section + "." + key, "is not a list of " + count + " numbers", "");
        }
        List<Double> factors = new ArrayList<>();
        for (JsonNode value : values) {
            if (!value.isNumber() || !(value.doubleValue() > 0)) {
                throw new MalformedInputException(
                        config.file(), section + "." + key, "holds " + value + ", not a positive number", "");
            }
            factors.add(value.doubleValue());
        }
        return factors;
    }

    private double factor() {
        return positive("factor").orElseThrow(() -> missing("factor"));
    }

    private Optional<Integer> originalContextLength() {
        JsonNode value = scaling.path("original_max_position_embeddings");
        return value.isMissingNode() || value.isNull()
                ? Optional.empty()
                : Optional.of(positiveInteger(section + ".original_max_position_embeddings", value));
    }

    private int positiveInteger(String key, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() <= 0) {
            throw new MalformedInputException(
                    config.file(), key, "is " + value + " where a positive whole number is needed", "");
        }
        return value.intValue();
    }

    /** A positive number; absent, null and 0 count as not given, as they do in transformers. */
    private Optional<Double> positive(String key) {
        JsonNode value = scaling.path(key);
        if (value.isMissingNode() || value.isNull() || (value.isNumber() && value.doubleValue() == 0)) {
            return Optional.empty();
        }
        if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
            throw new MalformedInputException(
                    config.file(), section + "." + key, "is " + value + " where a positive number is needed", "");
        }
        return Optional.of(value.doubleValue());
    }

    private MalformedInputException missing(String key) {
        return new MalformedInputException(config.file(), section + "." + key, "is missing", "");
    }
}
