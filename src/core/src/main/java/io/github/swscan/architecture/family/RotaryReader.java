package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.RotaryScaling;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads rotary positions from config.json: {@code rope_theta} with {@code rope_scaling} as transformers 4 understands
 * them, or both together in {@code rope_parameters} as transformers 5 does. Where config.json has neither section, the
 * family's default for {@code rope_scaling} counts. {@code rope_parameters} may have a section for each kind of layer.
 */
final class RotaryReader {

    private static final String SCALING = "rope_scaling";
    private static final String PARAMETERS = "rope_parameters";
    private static final String PROPORTIONAL = "proportional";
    private static final String ORIGINAL_CONTEXT = "original_max_position_embeddings";

    /** Larger than any head. */
    static final int LARGEST_HEAD_SIZE = 1 << 16;

    private final Fields fields;
    private final Config config;
    private final int contextLength;
    private final String section;
    private final boolean inParameters;
    private final boolean ofItsKind;
    private final JsonNode scaling;

    private RotaryReader(Fields fields, int contextLength) {
        this.fields = fields;
        this.config = fields.config();
        this.contextLength = contextLength;
        Optional<JsonNode> parameters = fields.configured(PARAMETERS);
        Optional<String> kind = fields.optionalText("kind")
                .filter(name -> parameters.filter(RotaryReader::isByKindOfLayer).isPresent());
        this.ofItsKind = kind.isPresent();
        this.inParameters = ofItsKind || (fields.configured(SCALING).isEmpty() && parameters.isPresent());
        this.section = inParameters ? PARAMETERS + kind.map(name -> "." + name).orElse("") : SCALING;
        this.scaling = kind.map(name -> ofKind(parameters.get(), name))
                .or(() -> fields.configuredOrDefault(section))
                .orElse(MissingNode.getInstance());
    }

    /** Whether there is a section for each kind of layer, by the names that {@code layer_types} has. */
    private static boolean isByKindOfLayer(JsonNode parameters) {
        return parameters.properties().stream()
                .anyMatch(entry -> entry.getValue().isObject());
    }

    /** What {@code rope_scaling} says beside it goes for full attention, as in transformers. */
    private JsonNode ofKind(JsonNode parameters, String kind) {
        JsonNode own = parameters.path(kind);
        if (!own.isMissingNode() && !own.isNull() && !own.isObject()) {
            return own;
        }
        ObjectNode section = JsonNodeFactory.instance.objectNode();
        own.properties().forEach(entry -> section.set(entry.getKey(), entry.getValue()));
        if (kind.equals("full_attention")) {
            fields.configured(SCALING).ifPresent(scaling -> scaling.properties()
                    .forEach(entry -> section.set(entry.getKey(), entry.getValue())));
        }
        return section;
    }

    /**
     * Reads {@code base}, {@code size} or {@code fraction}, of the head or of one of the size {@code fractionOf}, {@code
     * firstChannel}, or {@code lastChannels}, and {@code pairing}; {@code attentionFactor}, for YaRN where the section has none; {@code scaled}, false where
     * the section does not count; {@code scalingNames}, what types of scaling are called otherwise; and {@code
     * growthWithinContext}, for dynamic scaling; {@code ownBase}, true where the base given here counts, whatever the
     * section has; {@code proportion}, for proportional scaling where there is no section; {@code attentionFactorWithin} and {@code attentionFactorBeyond}, the
     * names that the section has for what cosines and sines are multiplied by, within the original context and beyond it;
     * {@code kind}, the kind of layer whose section of {@code rope_parameters} counts, where there is one for each kind; and
     * {@code scoresScaled}, true where {@code mscale_all_dim} multiplies attention scores.
     *
     * @param headSize channels of a query head, from which a fraction may be taken
     */
    static Rotary read(Fields fields, int headSize, int contextLength) {
        RotaryReader reader = new RotaryReader(fields, contextLength);
        reader.checkSection();
        int size = reader.size(headSize);
        int first = fields.has("firstChannel") ? fields.naturalNumber("firstChannel") : 0;
        boolean scaled = reader.ofItsKind || fields.flag("scaled", true);
        Rotary rotary = new Rotary(
                fields.flag("lastChannels", false) ? headSize - size - size % 2 : first,
                size,
                fields.optionalText("pairing").filter("neighbours"::equals).isPresent()
                        ? Rotary.Pairing.NEIGHBOURS
                        : Rotary.Pairing.HALVES,
                fields.flag("reversed", false),
                reader.base(),
                scaled ? reader.withAttentionFactors(reader.scaling(size)) : new RotaryScaling.None(),
                scaled ? reader.scoreFactor() : 1);
        reader.checkNumbers(rotary);
        return rotary;
    }

    private void checkSection() {
        if (!scaling.isMissingNode() && !scaling.isObject()) {
            throw new MalformedInputException(config.file(), config.nameOf(section), "is not an object", "");
        }
    }

    /** A size of its own, or a fraction of the head, or all of it; odd only where pairs are rounded {@code toNextEven}. */
    private int size(int headSize) {
        int whole = fields.optionalPositiveInteger("fractionOf").orElse(headSize);
        Optional<JsonNode> fractionOfSection =
                given("partial_rotary_factor").filter(fraction -> !type().equals(PROPORTIONAL));
        if (fractionOfSection.isPresent() && !fields.has("fraction")) {
            double fraction = positive(section + ".partial_rotary_factor", fractionOfSection.get());
            OptionalInt own = fields.optionalPositiveInteger("size");
            boolean known = own.isPresent() ? own.getAsInt() == (int) Math.rint(whole * fraction) : fraction == 1;
            if (!known) {
                throw new UnsupportedInputException(
                        config.file(),
                        config.nameOf(section + ".partial_rotary_factor"),
                        "the value " + Config.written(fractionOfSection.get()) + " is not supported",
                        "");
            }
        }
        int size = fields.optionalPositiveInteger("size").orElseGet(() -> (int) (whole
                * fractionOfSection
                        .map(value -> positive(section + ".partial_rotary_factor", value))
                        .orElseGet(() -> fields.number("fraction", 1))));
        checkSize(size, headSize);
        return size;
    }

    private void checkSize(int size, int headSize) {
        String option = Stream.of("size", "fraction")
                .filter(fields::has)
                .findFirst()
                .map(fields::optionName)
                .orElse("head_dim");
        String name = config.nameOf(option);
        String value = size == headSize && name.equals(option)
                ? "is " + size
                : "gives " + size + " rotary channels of " + headSize;
        boolean whole = size % 2 == 0 || fields.flag("toNextEven", false);
        int turned = size + size % 2;
        if (turned < 2 || !whole) {
            throw new MalformedInputException(config.file(), name, value + ", but rotary positions pair channels", "");
        }
        int most = Math.min(headSize, LARGEST_HEAD_SIZE);
        if (turned > most) {
            throw new MalformedInputException(config.file(), name, value + ", more than " + most, "");
        }
    }

    /** {@code rope_theta} of the section, which wins where both are given, or of the model. */
    private double base() {
        Optional<JsonNode> ofSection = given("rope_theta").filter(theta -> !fields.flag("ownBase", false));
        Optional<JsonNode> ofModel = fields.configured(fields.optionName("base"));
        if (!inParameters
                && ofSection.isPresent()
                && ofModel.isPresent()
                && ofSection.get().doubleValue() != ofModel.get().doubleValue()) {
            throw new MalformedInputException(
                    config.file(),
                    config.nameOf(fields.optionName("base")),
                    "is " + Config.written(ofModel.get()) + " but " + section + ".rope_theta is "
                            + Config.written(ofSection.get()),
                    "");
        }
        JsonNode base = ofSection.or(() -> fields.value("base")).orElse(MissingNode.getInstance());
        return positive(ofSection.isPresent() ? section + ".rope_theta" : fields.optionName("base"), base);
    }

    private RotaryScaling scaling(int headSize) {
        String type = type();
        String known = fields.optionalObject("scalingNames")
                .flatMap(names -> names.optionalText(type))
                .orElse(type);
        return switch (known) {
            case "default" -> new RotaryScaling.None();
            case "linear" -> new RotaryScaling.Linear(required("factor"));
            case "dynamic" -> dynamic();
            case PROPORTIONAL ->
                new RotaryScaling.Proportional(
                        optional("partial_rotary_factor")
                                .orElseGet(() -> scaling.isMissingNode() ? fields.number("proportion", 1) : 1),
                        optional("factor").orElse(1.0));
            case "yarn" -> yarn();
            case "longrope" -> longRope(headSize);
            case "llama3" ->
                new RotaryScaling.Llama3(
                        required("factor"),
                        required("low_freq_factor"),
                        required("high_freq_factor"),
                        originalContextLength().orElseThrow(() -> missing(ORIGINAL_CONTEXT)));
            default ->
                throw new UnsupportedInputException(
                        config.file(),
                        config.nameOf(section + ".rope_type"),
                        "\"" + type + "\" is not supported",
                        "supported are default, linear, dynamic, proportional, yarn, longrope and llama3");
        };
    }

    /** {@code rope_type}, which older configurations call {@code type}. */
    private String type() {
        if (scaling.isMissingNode()) {
            return fields.has("proportion") ? PROPORTIONAL : "default";
        }
        Optional<String> type = name("rope_type").map(this::textOnly);
        Optional<String> olderType = name("type").map(this::textOnly);
        if (type.isPresent() && olderType.isPresent() && !type.equals(olderType)) {
            throw new MalformedInputException(
                    config.file(),
                    config.nameOf(section),
                    "rope_type is " + type.get() + " but type is " + olderType.get(),
                    "");
        }
        Optional<String> either = type.or(() -> olderType);
        if (either.isEmpty()) {
            refuseOnePerLayerType();
        }
        return either.or(() -> inParameters ? Optional.of("default") : Optional.empty())
                .orElseThrow(() -> missing("rope_type"));
    }

    /** On text alone, positions in time, height and width are the same: the plain one. */
    private String textOnly(String type) {
        return type.equals("mrope") && fields.flag("multimodal", false) ? "default" : type;
    }

    private void refuseOnePerLayerType() {
        scaling.properties().stream()
                .filter(entry -> entry.getValue().isObject())
                .findFirst()
                .ifPresent(entry -> {
                    throw new UnsupportedInputException(
                            config.file(),
                            config.nameOf(section + "." + entry.getKey()),
                            "rotary positions that differ between kinds of layers are not supported",
                            "");
                });
    }

    /** The factor is for longer sequences: it may be left out where the base grows within the context. */
    private RotaryScaling dynamic() {
        Optional<Double> growth = fields.value("growthWithinContext")
                .filter(value -> !value.isNumber() || value.doubleValue() != 0)
                .map(value -> positive(fields.optionName("growthWithinContext"), value));
        double factor = growth.isPresent() ? optional("factor").orElse(1.0) : required("factor");
        return new RotaryScaling.Dynamic(factor, contextLength, growth.orElse(1.0));
    }

    private RotaryScaling withAttentionFactors(RotaryScaling ofType) {
        boolean none = scaling.isMissingNode() || (inParameters && ofType instanceof RotaryScaling.None);
        if (!hasAttentionFactors() || none) {
            return ofType;
        }
        return new RotaryScaling.WithAttentionFactors(
                ofType,
                required(fields.text("attentionFactorWithin")),
                required(fields.text("attentionFactorBeyond")),
                sectionsOriginalContextLength().orElseThrow(() -> missing(ORIGINAL_CONTEXT)));
    }

    private boolean hasAttentionFactors() {
        return fields.has("attentionFactorWithin");
    }

    private RotaryScaling yarn() {
        double factor = factor();
        Optional<Double> multiplier = optionalUnlessZero("mscale");
        Optional<Double> multiplierAllChannels = optionalUnlessZero("mscale_all_dim");
        double attentionFactor = optional("attention_factor").orElseGet(() -> {
            if (multiplier.isPresent() && multiplierAllChannels.isPresent()) {
                return RotaryScaling.Yarn.suggestedAttentionFactor(factor, multiplier.get())
                        / RotaryScaling.Yarn.suggestedAttentionFactor(factor, multiplierAllChannels.get());
            }
            return fields.number("attentionFactor", RotaryScaling.Yarn.suggestedAttentionFactor(factor, 1));
        });
        return new RotaryScaling.Yarn(
                factor,
                attentionFactor,
                optionalUnlessZero("beta_fast").orElse(32.0),
                optionalUnlessZero("beta_slow").orElse(1.0),
                originalContextLength().orElse(contextLength),
                truncate());
    }

    /**
     * DeepSeek's models multiply scores by the square of the attention factor that YaRN suggests for {@code
     * mscale_all_dim}, whatever the type of scaling ({@code yarn_get_mscale} in their modeling code).
     */
    private double scoreFactor() {
        if (!fields.flag("scoresScaled", false) || type().equals("default")) {
            return 1;
        }
        return optionalUnlessZero("mscale_all_dim")
                .map(multiplier -> RotaryScaling.Yarn.suggestedAttentionFactor(factor(), multiplier))
                .map(factor -> factor * factor)
                .orElse(1.0);
    }

    /** How many times as long the context became: as the section says, else the context over the original one. */
    private double factor() {
        return optional("factor")
                .orElseGet(
                        () -> (double) contextLength / originalContextLength().orElse(contextLength));
    }

    /** True where it is left out; null counts as false, as it does in transformers. */
    private boolean truncate() {
        JsonNode value = scaling.path("truncate");
        if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
            throw malformed(section + ".truncate", value, "true or false");
        }
        return value.isMissingNode() || value.booleanValue();
    }

    private RotaryScaling longRope(int headSize) {
        int original = originalContextLength().orElse(contextLength);
        double attentionFactor = optional("attention_factor")
                .orElseGet(() -> RotaryScaling.LongRope.suggestedAttentionFactor(factor(), original));
        return new RotaryScaling.LongRope(
                factors("short_factor", (headSize + 1) / 2),
                factors("long_factor", (headSize + 1) / 2),
                attentionFactor,
                original);
    }

    private List<Double> factors(String key, int count) {
        JsonNode values = scaling.path(key);
        if (!values.isArray() || values.size() != count) {
            throw new MalformedInputException(
                    config.file(), config.nameOf(section + "." + key), "is not a list of " + count + " numbers", "");
        }
        List<Double> factors = new ArrayList<>();
        for (JsonNode value : values) {
            factors.add(positive(section + "." + key, value));
        }
        return factors;
    }

    /**
     * The context before stretching: the model's own option comes before that of the section. In {@code rope_parameters}
     * the context itself stands in for both.
     */
    private Optional<Integer> originalContextLength() {
        return modelsOriginalContextLength()
                .or(this::sectionsOriginalContextLength)
                .or(() -> inParameters ? Optional.of(contextLength) : Optional.empty());
    }

    private Optional<Integer> sectionsOriginalContextLength() {
        return given(ORIGINAL_CONTEXT).map(value -> positiveInteger(section + "." + ORIGINAL_CONTEXT, value));
    }

    private Optional<Integer> modelsOriginalContextLength() {
        return fields.configuredOrDefault(ORIGINAL_CONTEXT).map(value -> positiveInteger(ORIGINAL_CONTEXT, value));
    }

    /** Angles and factors end up as floats. */
    private void checkNumbers(Rotary rotary) {
        boolean finite = IntStream.of(1, contextLength + 1)
                .allMatch(tokens -> Float.isFinite((float) rotary.scaling().attentionFactor(tokens))
                        && Arrays.stream(rotary.frequencies(tokens))
                                .allMatch(frequency -> Float.isFinite((float) frequency)));
        if (!finite || !Float.isFinite((float) rotary.scoreFactor())) {
            throw new MalformedInputException(
                    config.file(),
                    config.nameOf(scaling.isMissingNode() ? fields.optionName("base") : section),
                    "gives rotary positions that are not finite numbers",
                    "");
        }
    }

    /** What the section says under a key; null counts as absent. */
    private Optional<JsonNode> given(String key) {
        return Optional.ofNullable(scaling.get(key)).filter(value -> !value.isNull());
    }

    private Optional<String> name(String key) {
        return given(key).map(value -> {
            if (!value.isTextual()) {
                throw malformed(section + "." + key, value, "a name");
            }
            return value.textValue();
        });
    }

    private double required(String key) {
        return optional(key).orElseThrow(() -> missing(key));
    }

    private Optional<Double> optional(String key) {
        return given(key).map(value -> positive(section + "." + key, value));
    }

    /** A number of which transformers takes 0 for absent. */
    private Optional<Double> optionalUnlessZero(String key) {
        return given(key)
                .filter(value -> !value.isNumber() || value.doubleValue() != 0)
                .map(value -> positive(section + "." + key, value));
    }

    private double positive(String option, JsonNode value) {
        if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
            throw malformed(option, value, "a positive number");
        }
        return value.doubleValue();
    }

    private int positiveInteger(String option, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() <= 0) {
            throw malformed(option, value, "a positive whole number");
        }
        return value.intValue();
    }

    private MalformedInputException malformed(String option, JsonNode value, String wanted) {
        return new MalformedInputException(
                config.file(),
                config.nameOf(option),
                "is " + Config.written(value) + " where " + wanted + " is needed",
                "");
    }

    private MalformedInputException missing(String key) {
        return new MalformedInputException(config.file(), config.nameOf(section + "." + key), "is missing", "");
    }
}
