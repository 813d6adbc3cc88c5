package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.input.InputException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What there is to say of a family that is not described: which of the described ones is nearest to it. {@code
 * relatives.json} tells it of some by name, and how they differ; of all others the names of a checkpoint's tensors tell.
 */
final class Relatives {

    private static final JsonNode KNOWN = Descriptions.resource("relatives.json");

    /** Of the names of a checkpoint and a family together, the share that both have where they are alike at all. */
    private static final double LEAST_SHARE = 0.3;

    private Relatives() {}

    /** The families that are known not to be described, in the order of their list. */
    static List<Relative> known() {
        return KNOWN.properties().stream()
                .map(entry -> relative(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** What is known of a family; else what the checkpoint's names tell. */
    static Relative of(Config config, Set<String> tensors) {
        JsonNode known = KNOWN.path(config.modelType());
        return known.isMissingNode()
                ? new Relative(config.modelType(), alike(config, tensors), Optional.empty())
                : relative(config.modelType(), known);
    }

    private static Relative relative(String family, JsonNode known) {
        return new Relative(
                family,
                Optional.ofNullable(known.path("nearest").textValue()),
                Optional.ofNullable(known.path("differs").textValue()));
    }

    /** How much of a family's names a checkpoint has, and how many families it is built on. */
    private record Likeness(String family, double share, int builtOn) {}

    /** The family of which a checkpoint has most names, were it one of it; of equals one that is built on no other. */
    private static Optional<String> alike(Config config, Set<String> tensors) {
        return Families.names().stream()
                .map(family -> new Likeness(family, share(family, config, tensors), Descriptions.builtOn(family)))
                .filter(likeness -> likeness.share() >= LEAST_SHARE)
                .max(Comparator.comparingDouble(Likeness::share)
                        .thenComparing(
                                Comparator.comparingInt(Likeness::builtOn).reversed())
                        .thenComparing(Comparator.comparing(Likeness::family).reversed()))
                .map(Likeness::family);
    }

    private static double share(String family, Config config, Set<String> tensors) {
        Set<String> own;
        try {
            own = Parameters.of(describedAs(family, config, tensors)).keySet();
        } catch (InputException itsOptionsDoNotFit) {
            return 0;
        }
        long common = own.stream().filter(tensors::contains).count();
        return (double) common / (own.size() + tensors.size() - common);
    }

    private static Architecture describedAs(String family, Config config, Set<String> tensors) {
        ObjectNode options = textOptions(config).deepCopy();
        options.put("model_type", family);
        return new ArchitectureReader(
                        Descriptions.merged(Descriptions.of(family), Multimodal.namesWithin()),
                        new Config(config.file(), options),
                        tensors,
                        Optional.empty(),
                        Optional.empty())
                .read();
    }

    /** Models that read more than text mostly have the options of their text model apart. */
    private static ObjectNode textOptions(Config config) {
        JsonNode section = config.options().path(Multimodal.SECTION);
        return (ObjectNode) (section.isObject() ? section : config.options());
    }
}
