package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.input.UnsupportedInputException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/** The families that are known: one JSON description each, in the folder {@code families} beside this class. */
public final class Families {

    private static final List<String> NAMES = StreamSupport.stream(
                    Descriptions.resource("families/index.json").spliterator(), false)
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
                    JsonNode description = Descriptions.of(name);
                    return new Family(
                            name,
                            description.path("summary").asText(),
                            description.path("compared").asText(),
                            StreamSupport.stream(
                                            Descriptions.own(name)
                                                    .path("checkpoints")
                                                    .spliterator(),
                                            false)
                                    .map(JsonNode::asText)
                                    .toList());
                })
                .toList();
    }

    /** The {@code model_type} of the models that are known to hold a text model, in alphabetical order. */
    public static List<String> multimodal() {
        return Multimodal.known();
    }

    /** Families that are known and not described, in alphabetical order. */
    public static List<Relative> notDescribed() {
        return Relatives.known();
    }

    /**
     * Describes a checkpoint's model.
     *
     * @param config its config.json
     * @param tensors the names of its tensors; they tell whether the common prefix of the names was left out
     * @throws io.github.swscan.input.InputException naming the option of config.json that is missing, malformed or
     *     not supported
     */
    public static Architecture describe(Config config, Set<String> tensors) {
        Optional<Multimodal> larger = Multimodal.of(config);
        return describe(
                config,
                larger.map(Multimodal::config).orElse(config),
                tensors,
                larger.map(Multimodal::laidOver).orElseGet(JsonNodeFactory.instance::objectNode),
                larger.map(Multimodal::whole));
    }

    /**
     * Describes the model of a checkpoint that has some things in another way than its family does.
     *
     * @param config what is said of the whole model
     * @param own what of it is said of the text model: the same, where that is not a part of a larger one
     * @param laidOver the family's description
     * @param whole what the larger model is called
     */
    static Architecture describe(
            Config config, Config own, Set<String> tensors, JsonNode laidOver, Optional<String> whole) {
        String family = own.modelType();
        if (!NAMES.contains(family)) {
            Relative relative = Relatives.of(own, tensors);
            throw new UnsupportedInputException(
                    config.file(),
                    whole.isPresent() ? "text_config.model_type" : "model_type",
                    relative.problem(),
                    relative.remedy());
        }
        return new ArchitectureReader(
                        Descriptions.merged(Descriptions.of(family), laidOver),
                        own,
                        tensors,
                        whole,
                        QuantizationReader.read(config))
                .read();
    }
}
