package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;

/**
 * The little language in which families' descriptions speak of config.json; docs/adding-a-family.md tells it for those who
 * write descriptions.
 *
 * <ul>
 *   <li>{@code "$key"} is the value of that option, or the family's default where config.json leaves it out; {@code
 *       "$key.inner"} is one within it, {@code "$key[layer]"} the layer's entry of a list.
 *   <li>{@code "@name"} is what the description has under that name among its {@code values}.
 *   <li>{@code {"choose": [{"when": condition, "use": value}, ..., {"use": value}]}} is the first value whose condition
 *       holds; {@code "refuse": "$key"} in place of {@code use} refuses the option's value by name.
 *   <li>{@code {"repeated": [[values, times], ...]}} is the list of the values, each as often as it says; {@code
 *       {"entryOfLayer": list}} is the layer's entry of a list.
 *   <li>{@code {"first": [...]}} is the first of some values that is present; {@code product}, {@code sum}, {@code
 *       quotient}, {@code squareRoot}, {@code inverseSquareRoot}, {@code wholePart} and {@code roundedUp} (to a multiple of
 *       the second) calculate.
 * </ul>
 *
 * <p>A condition is an object all of whose entries must hold: {@code "$key": value} (or one of several values; null means
 * absent), {@code "layer": {"from": value}} (or "before", "upTo", "among", "multipleOf"), {@code "layer + 1":
 * {"multipleOf": value}}, {@code "not": condition}, {@code "any": [conditions]}.
 */
final class Expressions {

    /** What names of the description's own values begin with. */
    private static final String NAME = "@";

    private static final String THIS_LAYER = "[layer]";

    /** The letter of the layer in a text that has one for each. */
    private static final String THIS_LETTER = "[letter]";
    /** An operand that stands for the number of the layer. */
    private static final JsonNode LAYER = TextNode.valueOf("layer");

    /** More entries than any list has. */
    private static final int LONGEST_LIST = 10_000;

    private final String family;
    private final Config config;
    private final JsonNode defaults;
    private final Map<String, String> aliases;
    private final JsonNode named;
    private final OptionalInt layer;

    private Expressions(
            String family,
            Config config,
            JsonNode defaults,
            Map<String, String> aliases,
            JsonNode named,
            OptionalInt layer) {
        this.family = family;
        this.config = config;
        this.defaults = defaults;
        this.aliases = aliases;
        this.named = named;
        this.layer = layer;
    }

    static Expressions of(JsonNode family, Config config) {
        Map<String, String> aliases = StreamSupport.stream(
                        family.path("aliases").properties().spliterator(), false)
                .collect(Collectors.toMap(
                        Map.Entry::getKey, alias -> alias.getValue().textValue()));
        return new Expressions(
                family.path("family").asText(),
                config,
                family.path("defaults"),
                aliases,
                family.path("values"),
                OptionalInt.empty());
    }

    Expressions inLayer(int number) {
        return new Expressions(family, config, defaults, aliases, named, OptionalInt.of(number));
    }

    Config config() {
        return config;
    }

    /** What an expression comes out as; a value that is no expression is itself. */
    Optional<JsonNode> value(JsonNode expression) {
        if (expression == null || expression.isNull()) {
            return Optional.empty();
        }
        if (isReference(expression) || isName(expression)) {
            return referenced(expression.textValue());
        }
        if (expression.has("choose")) {
            return chosen(expression.get("choose")).flatMap(this::value);
        }
        if (expression.has("first")) {
            return firstPresent(expression).flatMap(this::value);
        }
        if (expression.has("repeated")) {
            return value(expression.get("repeated")).map(list -> repeated(expression, list));
        }
        if (expression.has("entry")) {
            OptionalLong place = wholeNumber(expression.get("entry").get(1));
            return value(expression.get("entry").get(0))
                    .filter(list -> place.isPresent())
                    .map(list -> list.path((int) place.getAsLong()))
                    .filter(entry -> !entry.isMissingNode() && !entry.isNull());
        }
        if (expression.has("placesOf")) {
            JsonNode wanted = expression.get("placesOf").get(1);
            return value(expression.get("placesOf").get(0)).map(list -> placesOf(wanted, list));
        }
        if (expression.has("placeOfLayer")) {
            return value(expression.get("placeOfLayer")).flatMap(this::placeOfThisLayer);
        }
        if (expression.has("lengthOf")) {
            return value(expression.get("lengthOf"))
                    .map(list ->
                            LongNode.valueOf(list.isTextual() ? list.textValue().length() : list.size()));
        }
        if (expression.has("entryOfLayer")) {
            JsonNode list = expression.get("entryOfLayer");
            return value(list)
                    .map(found -> entryOfThisLayer(optionName(list).orElseThrow(), found))
                    .filter(entry -> !entry.isNull());
        }
        return Calculation.of(expression)
                .map(calculation -> calculated(calculation, expression))
                .orElse(Optional.of(expression));
    }

    /** The option of config.json that an expression depends on first, if any. */
    Optional<String> optionName(JsonNode expression) {
        if (expression == null) {
            return Optional.empty();
        }
        if (isName(expression)) {
            return optionName(named(expression.textValue()));
        }
        if (isReference(expression)) {
            String path = path(expression.textValue());
            return Optional.of(configuredName(key(path)) + rest(path));
        }
        if (expression.has("choose")) {
            return chosen(expression.get("choose")).flatMap(this::optionName);
        }
        if (expression.has("first") && firstPresent(expression).isPresent()) {
            return firstPresent(expression).flatMap(this::optionName);
        }
        Iterator<JsonNode> parts = expression.elements();
        while (parts.hasNext()) {
            Optional<String> found = optionName(parts.next());
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Whether a condition holds. */
    boolean holds(JsonNode condition) {
        return condition.properties().stream().allMatch(entry -> holds(entry.getKey(), entry.getValue()));
    }

    private boolean holds(String subject, JsonNode wanted) {
        return switch (subject) {
            case "not" -> !holds(wanted);
            case "any" -> StreamSupport.stream(wanted.spliterator(), false).anyMatch(this::holds);
            case "layer" -> layerIs(layer.orElseThrow(), wanted);
            case "layer + 1" -> layerIs(layer.orElseThrow() + 1, wanted);
            default -> isOneOf(subject, wanted);
        };
    }

    private boolean layerIs(int number, JsonNode wanted) {
        return wanted.properties().stream().allMatch(entry -> switch (entry.getKey()) {
            case "from" -> number >= requiredWholeNumber(entry.getValue());
            case "before" -> number < requiredWholeNumber(entry.getValue());
            case "upTo" -> number <= requiredWholeNumber(entry.getValue());
            case "multipleOf" -> {
                OptionalLong step = wholeNumber(entry.getValue());
                if (step.isPresent() && step.getAsLong() == 0) {
                    throw malformed(entry.getValue(), LongNode.valueOf(0), "a whole number from 1 on");
                }
                yield step.isPresent()
                        && number % step.getAsLong()
                                == wholeNumber(wanted.get("remainder")).orElse(0);
            }
            case "remainder" -> true;
            case "among" ->
                value(entry.getValue())
                        .map(list -> StreamSupport.stream(list.spliterator(), false)
                                .anyMatch(item -> item.isNumber() && item.doubleValue() == number))
                        .orElse(false);
            default -> throw new IllegalStateException("unknown condition " + entry);
        });
    }

    private long requiredWholeNumber(JsonNode expression) {
        return wholeNumber(expression)
                .orElseThrow(() -> malformedOption(optionName(expression).orElse("the description"), "is missing"));
    }

    private OptionalLong wholeNumber(JsonNode expression) {
        Optional<JsonNode> value = value(expression);
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!value.get().isIntegralNumber()
                || !value.get().canConvertToInt()
                || value.get().intValue() < 0) {
            throw malformed(expression, value.get(), "a whole number from 0 on");
        }
        return OptionalLong.of(value.get().longValue());
    }

    private boolean isOneOf(String reference, JsonNode wanted) {
        Optional<JsonNode> value = referenced(reference);
        if (!wanted.isArray()) {
            return is(reference, value, wanted);
        }
        return StreamSupport.stream(wanted.spliterator(), false).anyMatch(one -> is(reference, value, one));
    }

    private boolean is(String reference, Optional<JsonNode> value, JsonNode wanted) {
        if (value.isEmpty()) {
            return wanted.isNull() || wanted.equals(BooleanNode.FALSE);
        }
        if (wanted.isBoolean() && !value.get().isBoolean()) {
            throw malformedOption(path(reference), value.get(), "true or false");
        }
        return same(value.get(), wanted);
    }

    /** Whether two values are equal, whatever the kind of number. */
    static boolean same(JsonNode one, JsonNode other) {
        return one.equals(other) || (one.isNumber() && other.isNumber() && one.doubleValue() == other.doubleValue());
    }

    private Optional<JsonNode> chosen(JsonNode alternatives) {
        for (JsonNode alternative : alternatives) {
            if (!alternative.has("when") || holds(alternative.get("when"))) {
                if (alternative.has("refuse")) {
                    throw refused(alternative.get("refuse"));
                }
                return Optional.ofNullable(alternative.get("use")).filter(use -> !use.isNull());
            }
        }
        return Optional.empty();
    }

    private Optional<JsonNode> firstPresent(JsonNode expression) {
        return StreamSupport.stream(expression.get("first").spliterator(), false)
                .filter(part -> value(part).isPresent())
                .findFirst();
    }

    private static ArrayNode placesOf(JsonNode wanted, JsonNode list) {
        ArrayNode places = JsonNodeFactory.instance.arrayNode();
        for (int place = 0; place < list.size(); place++) {
            if (same(list.get(place), wanted)) {
                places.add(place);
            }
        }
        return places;
    }

    private Optional<JsonNode> placeOfThisLayer(JsonNode list) {
        JsonNode places = placesOf(layerNumber(), list);
        return Optional.ofNullable(places.get(0));
    }

    private ArrayNode repeated(JsonNode expression, JsonNode runs) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (JsonNode run : runs) {
            JsonNode values = run.path(0);
            JsonNode times = run.path(1);
            if (!values.isArray() || !times.canConvertToInt() || times.intValue() > LONGEST_LIST) {
                throw malformed(expression, runs, "a list of lists, each with how often it is repeated,");
            }
            for (int i = 0; i < times.intValue() && list.size() < LONGEST_LIST; i++) {
                values.forEach(list::add);
            }
        }
        return list;
    }

    private UnsupportedInputException refused(JsonNode reference) {
        return new UnsupportedInputException(
                config.file(),
                config.nameOf(optionName(reference).orElseThrow()),
                "the value " + value(reference).map(Config::written).orElse("null")
                        + " is not supported for the family " + family,
                "");
    }

    private Optional<JsonNode> calculated(Calculation calculation, JsonNode expression) {
        JsonNode operands = expression.get(calculation.field());
        double[] numbers = new double[operands.isArray() ? operands.size() : 1];
        boolean whole = true;
        for (int i = 0; i < numbers.length; i++) {
            JsonNode operand = operands.isArray() ? operands.get(i) : operands;
            Optional<JsonNode> value = operand.equals(LAYER) ? Optional.of(layerNumber()) : value(operand);
            if (value.isEmpty()) {
                return Optional.empty();
            }
            if (!value.get().isNumber() || !Double.isFinite(value.get().doubleValue())) {
                throw malformed(operand, value.get(), "a number");
            }
            whole &= value.get().isIntegralNumber();
            numbers[i] = value.get().doubleValue();
            if (i > 0 && calculation.divides() && numbers[i] == 0) {
                throw malformed(operand, value.get(), "a number other than 0");
            }
        }
        double result = calculation.apply(numbers);
        boolean isWhole = (whole || calculation == Calculation.WHOLE_PART)
                && result == Math.rint(result)
                && Math.abs(result) < (1L << 53);
        return Optional.of(isWhole ? LongNode.valueOf((long) result) : DoubleNode.valueOf(result));
    }

    private JsonNode layerNumber() {
        return LongNode.valueOf(layer.orElseThrow());
    }

    private JsonNode named(String name) {
        JsonNode expression = named.get(name.substring(1));
        if (expression == null) {
            throw new IllegalStateException("the description has no value " + name);
        }
        return expression;
    }

    private Optional<JsonNode> referenced(String name) {
        if (name.startsWith(NAME)) {
            return value(named(name));
        }
        String reference = layer.isPresent() ? name.replace("{layer}", Integer.toString(layer.getAsInt())) : name;
        return found(reference);
    }

    private Optional<JsonNode> found(String reference) {
        String path = path(reference);
        String key = key(path);
        String name = configuredName(key);
        JsonNode value = config.options().has(name) ? within(config.options().get(name), path) : null;
        if (value == null) {
            value = within(defaults.get(key), path);
        }
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (reference.endsWith(THIS_LETTER)) {
            return Optional.of(letterOfThisLayer(path, value));
        }
        return reference.endsWith(THIS_LAYER)
                ? Optional.of(entryOfThisLayer(path, value)).filter(entry -> !entry.isNull())
                : Optional.of(value);
    }

    private JsonNode letterOfThisLayer(String path, JsonNode text) {
        int number = layer.orElseThrow();
        if (!text.isTextual() || number >= text.textValue().length()) {
            throw malformedOption(path, "has no letter for layer " + number);
        }
        return TextNode.valueOf(text.textValue().substring(number, number + 1));
    }

    /** The part of an option that a path names; null where it is not there. */
    private static JsonNode within(JsonNode option, String path) {
        JsonNode value = option;
        for (String rest = rest(path); !rest.isEmpty() && value != null; rest = rest(rest.substring(1))) {
            value = entry(value, key(rest.substring(1)));
        }
        return value;
    }

    /** Numbers of layers may be written with zeros before them, as transformers 5 does. */
    private static JsonNode entry(JsonNode option, String key) {
        JsonNode plain = option.get(key);
        if (plain != null || !key.matches("[0-9]+")) {
            return plain;
        }
        return option.properties().stream()
                .filter(entry -> entry.getKey().matches("0+" + key))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private JsonNode entryOfThisLayer(String path, JsonNode list) {
        int number = layer.orElseThrow();
        if (!list.isArray()) {
            return list;
        }
        if (number >= list.size()) {
            throw malformedOption(path, "has " + list.size() + " entries, none for layer " + number);
        }
        return list.get(number);
    }

    private static boolean isName(JsonNode node) {
        return node.isTextual() && node.textValue().startsWith(NAME);
    }

    private static boolean isReference(JsonNode node) {
        return node.isTextual() && node.textValue().startsWith("$");
    }

    private static String path(String reference) {
        int end = reference.endsWith(THIS_LAYER) || reference.endsWith(THIS_LETTER)
                ? reference.lastIndexOf('[')
                : reference.length();
        return reference.substring(1, end);
    }

    /** The first name of a path. */
    private static String key(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    /** What follows on the first name, with its dot. */
    private static String rest(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? "" : path.substring(dot);
    }

    /** The alias of an option where config.json uses it, which then wins over the option's own name. */
    private String configuredName(String key) {
        String alias = aliases.get(key);
        return alias != null && config.options().has(alias) ? alias : key;
    }

    private MalformedInputException malformed(JsonNode expression, JsonNode value, String wanted) {
        return malformedOption(optionName(expression).orElse("the description"), value, wanted);
    }

    private MalformedInputException malformedOption(String option, JsonNode value, String wanted) {
        return malformedOption(option, "is " + Config.written(value) + " where " + wanted + " is needed");
    }

    private MalformedInputException malformedOption(String option, String problem) {
        return new MalformedInputException(config.file(), config.nameOf(option), problem, "");
    }

    /** The calculations, each with the field that holds its operands. */
    private enum Calculation {
        PRODUCT("product"),
        SUM("sum"),
        QUOTIENT("quotient"),
        SQUARE_ROOT("squareRoot"),
        INVERSE_SQUARE_ROOT("inverseSquareRoot"),
        REMAINDER("remainder"),
        WHOLE_PART("wholePart"),
        ROUNDED_UP("roundedUp");

        private final String field;

        Calculation(String field) {
            this.field = field;
        }

        String field() {
            return field;
        }

        /** Whether the second operand divides. */
        boolean divides() {
            return this == QUOTIENT || this == REMAINDER || this == ROUNDED_UP;
        }

        double apply(double[] operands) {
            return switch (this) {
                case PRODUCT -> DoubleStream.of(operands).reduce(1, (product, operand) -> product * operand);
                case SUM -> DoubleStream.of(operands).sum();
                case QUOTIENT -> operands[0] / operands[1];
                case REMAINDER -> operands[0] % operands[1];
                case SQUARE_ROOT -> Math.sqrt(operands[0]);
                case INVERSE_SQUARE_ROOT -> 1 / Math.sqrt(operands[0]);
                case WHOLE_PART -> Math.floor(operands[0]);
                case ROUNDED_UP -> Math.ceil(operands[0] / operands[1]) * operands[1];
            };
        }

        static Optional<Calculation> of(JsonNode expression) {
            return Arrays.stream(values())
                    .filter(calculation -> expression.size() == 1 && expression.has(calculation.field))
                    .findFirst();
        }
    }
}
