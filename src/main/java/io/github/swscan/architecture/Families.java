package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/** The families that are known: one JSON description each, in the folder {@code families} beside this class. */
public final class Families {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static final List<String> NAMES = StreamSupport.stream(
                    resource("families/index.json").spliterator(), false)
            .map(JsonNode::textValue)
            .toList();

    private Families() {}

    /** The names of all families, in alphabetical order. */
    public static List<String> names() {
        return NAMES;
    }

    /** What there is to say about all families, in alphabetical order. */
    public static List<Family> all() {
        return NAMES.stream()
                .map(name -> {
                    JsonNode description = description(name);
                    return new Family(
                            name,
                            description.path("summary").asText(),
                            description.path("compared").asText());
                })
                .toList();
    }

    /** The {@code model_type} of the models that are known to hold a text model, in alphabetical order. */
    public static List<String> multimodal() {
        return Multimodal.known();
    }

    /**
     * Describes a checkpoint's model.
     *
     * @param config its config.json
     * @param tensors the names of its tensors; they tell whether the common prefix of the names was left out
     * @throws io.github.swscan.checkpoint.InputException naming the option of config.json that is missing, malformed or
     *     not supported
     */
    public static Architecture describe(Config config, Set<String> tensors) {
        return describe(config, tensors, MAPPER.createObjectNode());
    }

    /**
     * Describes the model of a checkpoint that stores some things in another way than its family does.
     *
     * @param storage is laid over the family's description
     */
    static Architecture describe(Config config, Set<String> tensors, JsonNode storage) {
        Optional<Multimodal> whole = Multimodal.of(config);
        Config own = whole.map(Multimodal::config).orElse(config);
        String family = own.modelType();
        if (!NAMES.contains(family)) {
            throw new UnsupportedInputException(
                    config.file(),
                    whole.isPresent() ? "text_config.model_type" : "model_type",
                    "the family \"" + family + "\" is not supported",
                    "'swscan families' lists those that are");
        }
        JsonNode description = description(family);
        return new ArchitectureReader(
                        whole.map(given -> merged(description, given.laidOver()))
                                .orElseGet(() -> merged(description, storage)),
                        own,
                        tensors,
                        whole.map(Multimodal::whole),
                        Quantization.of(config))
                .read();
    }

    /** A family that is described as being like another one has that one's description, with its own laid over it. */
    static JsonNode description(String family) {
        JsonNode own = resource("families/" + family + ".json");
        return own.has("like") ? merged(description(own.get("like").textValue()), own) : own;
    }

    /** JSON Merge Patch (RFC 7396). */
    static JsonNode merged(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = target.isObject() ? target.deepCopy() : MAPPER.createObjectNode();
        patch.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                result.remove(entry.getKey());
            } else {
                JsonNode before = result.path(entry.getKey());
                result.set(entry.getKey(), merged(before, entry.getValue()));
            }
        });
        return result;
    }

    static JsonNode resource(String name) {
        try (InputStream json = Families.class.getResourceAsStream(name)) {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
