package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.MalformedInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The text model of a model that reads images or sounds as well: {@code text_config} of config.json describes it as if it
 * stood alone, and its tensors have a longer prefix. {@code multimodal.json} lists the models that this holds for.
 *
 * @param whole the {@code model_type} of the whole model
 * @param config the text model's options
 * @param laidOver what its family's description is changed by, as a JSON Merge Patch: the whole model has a plain head
 */
record Multimodal(String whole, Config config, JsonNode laidOver) {

    private static final String TIED = "tie_word_embeddings";
    private static final String PLACEHOLDERS = "placeholder_token_ids";
    static final String SECTION = "text_config";

    private static final JsonNode KNOWN = Descriptions.resource("multimodal.json");

    /** The text part of a model, if it is one of the models that are known to have one. */
    static Optional<Multimodal> of(Config config) {
        String whole = config.modelType();
        JsonNode known = KNOWN.get("models").path(whole);
        if (known.isMissingNode()) {
            return Optional.empty();
        }
        JsonNode laidOver = KNOWN.get("laidOver").deepCopy();
        if (known.path("keepsHead").booleanValue()) {
            ((ObjectNode) laidOver).remove("head");
        }
        return Optional.of(new Multimodal(whole, text(config, known), laidOver));
    }

    /** What a family's description is changed by for names of tensors within a whole model. */
    static JsonNode namesWithin() {
        return KNOWN.get("laidOver");
    }

    /** The {@code model_type} of all whole models, in alphabetical order. */
    static List<String> known() {
        List<String> names = new ArrayList<>();
        KNOWN.get("models").fieldNames().forEachRemaining(names::add);
        return names.stream().sorted().toList();
    }

    private static Config text(Config config, JsonNode known) {
        JsonNode section = config.options().path(SECTION);
        boolean flat = section.isMissingNode() && known.path("flat").booleanValue();
        if (!flat && !section.isObject()) {
            throw new MalformedInputException(
                    config.file(),
                    SECTION,
                    section.isMissingNode() ? "is missing" : "is not an object",
                    "it describes the text model of a " + config.modelType() + " model");
        }
        ObjectNode options = (flat ? config.options() : section).deepCopy();
        if (flat || !options.hasNonNull("model_type")) {
            options.set("model_type", known.get("defaultFamily"));
        }
        if (!flat) {
            ofWhole(config, options);
        }
        placeholders(config, known, options);
        return new Config(config.file(), options);
    }

    /** The tokens that stand for images and sounds, by the names of their options. */
    private static void placeholders(Config config, JsonNode known, ObjectNode options) {
        for (JsonNode name : known.path("placeholders")) {
            JsonNode token = config.options().path(name.textValue());
            if (token.isInt()) {
                options.withArray(PLACEHOLDERS).add(token);
            }
        }
    }

    /** The whole model's class says whether there is a head; that it is tied may be said of the whole alone. */
    private static void ofWhole(Config config, ObjectNode options) {
        JsonNode classes = config.options().path("architectures");
        if (classes.isArray()) {
            options.set("architectures", classes);
        }
        if (config.options().path(TIED).asBoolean(false)) {
            options.put(TIED, true);
        }
    }
}
