package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * One object of a family's description, its expressions worked out for a checkpoint's config.json and, within a block,
 * for one layer; see {@link Expressions}. A value that comes out as null, or as nothing, counts as absent.
 *
 * <p>A value of the wrong kind is a {@link MalformedInputException} that names the option of config.json.
 */
final class Fields {

    /** Larger than any size that a model has; small enough that products of two fit a long. */
    static final int LARGEST_SIZE = 1 << 28;

    private final JsonNode description;
    private final Expressions expressions;

    private Fields(JsonNode description, Expressions expressions) {
        this.description = description;
        this.expressions = expressions;
    }

    /** The root of a family's description, over a checkpoint's options. */
    static Fields of(JsonNode family, Config config) {
        return new Fields(family, Expressions.of(family, config));
    }

    /** The same object in a layer. */
    Fields inLayer(int layer) {
        return new Fields(description, expressions.inLayer(layer));
    }

    boolean has(String field) {
        return value(field).isPresent();
    }

    Fields object(String field) {
        return optionalObject(field)
                .orElseThrow(() -> new IllegalStateException("the description lacks the object " + field));
    }

    Optional<Fields> optionalObject(String field) {
        return value(field).map(node -> {
            if (!node.isObject()) {
                throw new IllegalStateException("the description has no object in " + field);
            }
            return new Fields(node, expressions);
        });
    }

    /** A list of objects; empty where it is absent. */
    List<Fields> objects(String field) {
        List<Fields> objects = new ArrayList<>();
        value(field)
                .ifPresent(list -> list.forEach(node ->
                        expressions.value(node).ifPresent(found -> objects.add(new Fields(found, expressions)))));
        return objects;
    }

    /** A list of texts that the description itself gives; empty where it is absent. */
    List<String> texts(String field) {
        List<String> texts = new ArrayList<>();
        value(field).ifPresent(list -> list.forEach(text -> texts.add(text.textValue())));
        return texts;
    }

    /** A text that the description itself gives. */
    String text(String field) {
        return optionalText(field).orElseThrow(() -> new IllegalStateException("the description lacks " + field));
    }

    Optional<String> optionalText(String field) {
        return value(field).map(JsonNode::textValue);
    }

    /** A text from the options. */
    String option(String field) {
        JsonNode value = value(field).orElseThrow(() -> missing(field));
        if (!value.isTextual()) {
            throw malformed(field, value, "a text");
        }
        return value.textValue();
    }

    int positiveInteger(String field) {
        return optionalPositiveInteger(field).orElseThrow(() -> missing(field));
    }

    OptionalInt optionalPositiveInteger(String field) {
        Optional<JsonNode> value = value(field);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!value.get().isIntegralNumber()
                || !value.get().canConvertToInt()
                || value.get().intValue() <= 0
                || value.get().intValue() > LARGEST_SIZE) {
            throw malformed(field, value.get(), "a positive whole number of at most " + LARGEST_SIZE);
        }
        return OptionalInt.of(value.get().intValue());
    }

    /** A whole number from 0 on. */
    int naturalNumber(String field) {
        JsonNode value = value(field).orElseThrow(() -> missing(field));
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw malformed(field, value, "a whole number from 0 on");
        }
        return value.intValue();
    }

    double positiveNumber(String field) {
        JsonNode value = value(field).orElseThrow(() -> missing(field));
        if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
            throw malformed(field, value, "a positive number");
        }
        return finite(field, value);
    }

    OptionalDouble optionalPositiveNumber(String field) {
        return has(field) ? OptionalDouble.of(positiveNumber(field)) : OptionalDouble.empty();
    }

    /** A number that float32 can hold. */
    double number(String field) {
        return finite(field, value(field).orElseThrow(() -> missing(field)));
    }

    double number(String field, double otherwise) {
        return value(field).map(value -> finite(field, value)).orElse(otherwise);
    }

    private double finite(String field, JsonNode value) {
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw malformed(field, value, "a number");
        }
        if (!Float.isFinite(value.floatValue())) {
            throw malformed(field, "is too large");
        }
        return value.doubleValue();
    }

    /** A flag; null counts as false, as it does in transformers. */
    boolean flag(String field, boolean otherwise) {
        if (!description.has(field)) {
            return otherwise;
        }
        Optional<JsonNode> value = value(field);
        value.filter(found -> !found.isBoolean()).ifPresent(found -> {
            throw malformed(field, found, "true or false");
        });
        return value.map(JsonNode::booleanValue).orElse(false);
    }

    /** Whether a condition of the description holds; true where it is left out. */
    boolean holds(String field) {
        return !description.has(field) || expressions.holds(description.get(field));
    }

    /** The value of a field, worked out. */
    Optional<JsonNode> value(String field) {
        return expressions.value(description.get(field));
    }

    /** The values of all fields that are present, worked out. */
    Map<String, JsonNode> values() {
        Map<String, JsonNode> values = new HashMap<>();
        description.fieldNames().forEachRemaining(field -> value(field).ifPresent(value -> values.put(field, value)));
        return values;
    }

    /** What config.json says under a key, apart from any description; null counts as absent. */
    Optional<JsonNode> configured(String key) {
        return Optional.ofNullable(config().options().get(key)).filter(found -> !found.isNull());
    }

    /** The same, or else the family's default, which a null in config.json takes away. */
    Optional<JsonNode> configuredOrDefault(String key) {
        return expressions.value(TextNode.valueOf("$" + key));
    }

    Config config() {
        return expressions.config();
    }

    /** The option of config.json behind a field, or the field's own name where there is none. */
    String optionName(String field) {
        return expressions.optionName(description.get(field)).orElse(field);
    }

    MalformedInputException malformed(String field, String problem) {
        return new MalformedInputException(config().file(), config().nameOf(optionName(field)), problem, "");
    }

    UnsupportedInputException unsupported(String field, String what) {
        return new UnsupportedInputException(
                config().file(), config().nameOf(optionName(field)), what + " is not supported", "");
    }

    private MalformedInputException missing(String field) {
        return malformed(field, "is missing");
    }

    private MalformedInputException malformed(String field, JsonNode value, String wanted) {
        return malformed(field, "is " + Config.written(value) + " where " + wanted + " is needed");
    }
}
