package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.MalformedInputException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * One object of a family's description. A text value {@code "$key"} stands for that option of config.json, or the
 * family's default where config.json leaves it out; an option that is null, or has neither, counts as absent.
 *
 * <p>A value of the wrong kind is a {@link MalformedInputException} that names the option of config.json.
 */
final class Fields {

    /** Larger than any size that a model has; small enough that products of two fit a long. */
    private static final int LARGEST_SIZE = 1 << 28;

    private final JsonNode description;
    private final Config config;
    private final JsonNode defaults;
    private final Map<String, String> aliases;

    private Fields(JsonNode description, Config config, JsonNode defaults, Map<String, String> aliases) {
        this.description = description;
        this.config = config;
        this.defaults = defaults;
        this.aliases = aliases;
    }

    /** The root of a family's description, over a checkpoint's options. */
    static Fields of(JsonNode family, Config config) {
        JsonNode aliases = family.path("aliases");
        Map<String, String> names = StreamSupport.stream(aliases.properties().spliterator(), false)
                .collect(Collectors.toMap(
                        Map.Entry::getKey, alias -> alias.getValue().textValue()));
        return new Fields(family, config, family.path("defaults"), names);
    }

    boolean has(String field) {
        return description.has(field);
    }

    Fields object(String field) {
        JsonNode node = description.get(field);
        if (node == null || !node.isObject()) {
            throw new IllegalStateException("the description lacks the object " + field);
        }
        return new Fields(node, config, defaults, aliases);
    }

    Optional<Fields> optionalObject(String field) {
        return has(field) ? Optional.of(object(field)) : Optional.empty();
    }

    /** A text that the description itself gives. */
    String text(String field) {
        return description.get(field).textValue();
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

    double positiveNumber(String field) {
        JsonNode value = value(field).orElseThrow(() -> missing(field));
        if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
            throw malformed(field, value, "a positive number");
        }
        return value.doubleValue();
    }

    /** A whole number from 0 on. */
    int naturalNumber(String field) {
        JsonNode value = value(field).orElseThrow(() -> missing(field));
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw malformed(field, value, "a whole number from 0 on");
        }
        return value.intValue();
    }

    /** A flag; null counts as false, as it does in transformers. */
    boolean flag(String field, boolean otherwise) {
        JsonNode value = resolved(field);
        if (value == null) {
            return otherwise;
        }
        if (!value.isBoolean() && !value.isNull()) {
            throw malformed(field, value, "true or false");
        }
        return value.booleanValue();
    }

    /** The value of a field, references followed. */
    Optional<JsonNode> value(String field) {
        return Optional.ofNullable(resolved(field)).filter(found -> !found.isNull());
    }

    /** What config.json says under a key, apart from any description; null counts as absent. */
    Optional<JsonNode> configured(String key) {
        return Optional.ofNullable(config.options().get(key)).filter(found -> !found.isNull());
    }

    /** The default of the family for an option. */
    Optional<JsonNode> standard(String key) {
        return Optional.ofNullable(defaults.get(key));
    }

    Config config() {
        return config;
    }

    /** The option of config.json behind a field, or the field's own name where it is not a reference. */
    String optionName(String field) {
        JsonNode node = description.get(field);
        return isReference(node) ? configuredName(node.textValue().substring(1)) : field;
    }

    private JsonNode resolved(String field) {
        JsonNode node = description.get(field);
        if (!isReference(node)) {
            return node;
        }
        String key = node.textValue().substring(1);
        String name = configuredName(key);
        return config.options().has(name) ? config.options().get(name) : defaults.get(key);
    }

    private static boolean isReference(JsonNode node) {
        return node != null && node.isTextual() && node.textValue().startsWith("$");
    }

    /** The alias of an option where config.json uses it, which then wins over the option's own name. */
    private String configuredName(String key) {
        String alias = aliases.get(key);
        return alias != null && config.options().has(alias) ? alias : key;
    }

    private MalformedInputException missing(String field) {
        return new MalformedInputException(config.file(), optionName(field), "is missing", "");
    }

    private MalformedInputException malformed(String field, JsonNode value, String wanted) {
        return new MalformedInputException(
                config.file(), optionName(field), "is " + value + " where " + wanted + " is needed", "");
    }
}
