package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Turns a family's description and a checkpoint's config.json into an {@link Architecture}. */
final class ArchitectureReader {

    /** More blocks than any model has: what a damaged config.json asks for is refused before it fills the memory. */
    private static final int MAX_BLOCKS = 10_000;

    private static final double LARGEST_FLOAT = Float.MAX_VALUE;

    /** An option that any family may have and that changes what it computes, with the one value that is supported. */
    private record Only(String option, JsonNode value) {}

    private static final List<Only> ONLY = List.of(
            new Only("is_encoder_decoder", BooleanNode.FALSE),
            new Only("add_cross_attention", BooleanNode.FALSE),
            new Only("is_causal", BooleanNode.TRUE),
            new Only("pruned_heads", JsonNodeFactory.instance.objectNode()),
            new Only("per_layer_config", JsonNodeFactory.instance.objectNode()));

    private final Fields family;
    private final JsonNode description;
    private final Config config;
    private final Set<String> tensors;
    private final int hiddenSize;
    private final int contextLength;
    private final String prefix;
    private final Map<Integer, Rotary> rotaryByHeadSize = new HashMap<>();

    ArchitectureReader(JsonNode description, Config config, Set<String> tensors) {
        this.description = description;
        this.config = config;
        this.tensors = tensors;
        this.family = Fields.of(description, config);
        refuseUnsupportedOptions();
        this.hiddenSize = family.positiveInteger("hiddenSize");
        this.contextLength = family.positiveInteger("contextLength");
        this.prefix = prefix();
    }

    Architecture read() {
        int blockCount = family.positiveInteger("blocks");
        if (blockCount > MAX_BLOCKS) {
            throw new MalformedInputException(
                    config.file(), family.optionName("blocks"), "is " + blockCount + ", more than " + MAX_BLOCKS, "");
        }
        int vocabularySize = family.positiveInteger("vocabularySize");
        List<Block> blocks = new ArrayList<>();
        for (int layer = 0; layer < blockCount; layer++) {
            blocks.add(block(family.object("block"), layer));
        }
        Fields embedding = family.object("embedding");
        String tokens = prefix + embedding.text("tokens") + ".weight";
        Optional<String> positions = embedding.has("positions")
                ? Optional.of(prefix + embedding.text("positions") + ".weight")
                : Optional.empty();
        return new Architecture(
                family.text("family"),
                hiddenSize,
                blocks.get(0).mlp().down().inputs(),
                vocabularySize,
                contextLength,
                new Embedding(tokens, positions),
                blocks,
                norm(family.object("finalNorm"), prefix, hiddenSize),
                head(family.object("head"), tokens, vocabularySize));
    }

    /** Options that change what the model computes and that are not described: refused by name. */
    private void refuseUnsupportedOptions() {
        for (String option : List.of("quantization_config", "compression_config")) {
            if (family.configured(option).isPresent()) {
                throw new UnsupportedInputException(
                        config.file(),
                        option,
                        "quantized weights are not supported",
                        "scan the checkpoint it was quantized from");
            }
        }
        ONLY.forEach(only -> refuseOthers(only.option(), List.of(only.value())));
        description.path("only").properties().forEach(rule -> refuseOthers(rule.getKey(), rule.getValue()));
    }

    private void refuseOthers(String option, Iterable<JsonNode> supported) {
        family.configured(option).filter(value -> !contains(supported, value)).ifPresent(value -> {
            throw new UnsupportedInputException(
                    config.file(),
                    option,
                    "the value " + value + " is not supported for the family " + family.text("family"),
                    "");
        });
    }

    private static boolean contains(Iterable<JsonNode> candidates, JsonNode value) {
        for (JsonNode candidate : candidates) {
            boolean equal = (candidate.isNumber() && value.isNumber())
                    ? candidate.doubleValue() == value.doubleValue()
                    : candidate.equals(value);
            if (equal) {
                return true;
            }
        }
        return false;
    }

    /** Checkpoints of the bare model, without a language-modelling head, name their tensors without the prefix. */
    private String prefix() {
        String full = family.text("prefix");
        String tokens = family.object("embedding").text("tokens") + ".weight";
        return !tensors.contains(full + tokens) && tensors.contains(tokens) ? "" : full;
    }

    private Block block(Fields block, int layer) {
        String blockPrefix = prefix + block.text("prefix").replace("{layer}", Integer.toString(layer));
        Fields attention = block.object("attention");
        Fields mlp = block.object("mlp");
        return new Block(
                layer,
                norm(attention.object("norm"), blockPrefix, hiddenSize),
                attention(attention, blockPrefix, layer),
                norm(mlp.object("norm"), blockPrefix, hiddenSize),
                mlp(mlp, blockPrefix));
    }

    private Attention attention(Fields attention, String blockPrefix, int layer) {
        int heads = attention.positiveInteger("heads");
        int keyValueHeads = attention.optionalPositiveInteger("keyValueHeads").orElse(heads);
        if (heads % keyValueHeads != 0) {
            throw new MalformedInputException(
                    config.file(),
                    attention.optionName("keyValueHeads"),
                    "is " + keyValueHeads + ", which does not divide the " + heads + " attention heads",
                    "");
        }
        int headSize = attention.optionalPositiveInteger("headSize").orElseGet(() -> {
            if (hiddenSize % heads != 0) {
                throw new MalformedInputException(
                        config.file(),
                        attention.optionName("heads"),
                        "is " + heads + ", which does not divide the hidden size " + hiddenSize,
                        "");
            }
            return hiddenSize / heads;
        });
        int queries = sizeOf(attention, "heads", (long) heads * headSize);
        int keys = keyValueHeads * headSize;
        return new Attention(
                heads,
                keyValueHeads,
                headSize,
                attention.has("queryKeyValue")
                        ? new Attention.Fused(linear(
                                attention.object("queryKeyValue"),
                                blockPrefix,
                                hiddenSize,
                                sizeOf(attention, "heads", queries + 2L * keys)))
                        : new Attention.Separate(
                                linear(attention.object("query"), blockPrefix, hiddenSize, queries),
                                linear(attention.object("key"), blockPrefix, hiddenSize, keys),
                                linear(attention.object("value"), blockPrefix, hiddenSize, keys)),
                linear(attention.object("output"), blockPrefix, queries, hiddenSize),
                attention.optionalObject("queryNorm").map(norm -> norm(norm, blockPrefix, headSize)),
                attention.optionalObject("keyNorm").map(norm -> norm(norm, blockPrefix, headSize)),
                attention.flag("rotary", false)
                        ? Optional.of(rotaryByHeadSize.computeIfAbsent(
                                headSize, size -> RotaryReader.read(attention, size, contextLength)))
                        : Optional.empty(),
                scale(attention, headSize, layer),
                attention
                        .optionalObject("window")
                        .map(window -> window(window, layer))
                        .orElse(OptionalInt.empty()));
    }

    private int sizeOf(Fields fields, String field, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new MalformedInputException(
                    config.file(), fields.optionName(field), "makes an attention of " + size + " channels", "");
        }
        return (int) size;
    }

    private static double scale(Fields attention, int headSize, int layer) {
        double byHeadSize = attention.flag("scaleByHeadSize", true) ? 1 / Math.sqrt(headSize) : 1;
        return attention.flag("scaleByLayer", false) ? byHeadSize / (layer + 1) : byHeadSize;
    }

    /**
     * The sliding window of one layer. {@code layerTypes} decides where it is given; otherwise all layers from {@code
     * fromLayer} on have the window.
     */
    private OptionalInt window(Fields window, int layer) {
        OptionalInt size = window.flag("used", true) ? window.optionalPositiveInteger("size") : OptionalInt.empty();
        Optional<JsonNode> layerTypes = window.value("layerTypes");
        if (layerTypes.isEmpty()) {
            boolean windowed =
                    size.isPresent() && (!window.has("fromLayer") || layer >= window.naturalNumber("fromLayer"));
            return windowed ? size : OptionalInt.empty();
        }
        String option = window.optionName("layerTypes");
        int blocks = family.positiveInteger("blocks");
        if (!layerTypes.get().isArray() || layerTypes.get().size() != blocks) {
            throw new MalformedInputException(
                    config.file(), option, "is not a list of " + blocks + " types, one for each layer", "");
        }
        JsonNode type = layerTypes.get().path(layer);
        if (!type.isTextual()) {
            throw new MalformedInputException(
                    config.file(), option, "has " + type + " for layer " + layer + ", not a type's name", "");
        }
        return switch (type.textValue()) {
            case "full_attention" -> OptionalInt.empty();
            case "sliding_attention" -> {
                if (size.isEmpty()) {
                    throw new MalformedInputException(
                            config.file(),
                            option,
                            "layer " + layer + " is sliding_attention, but there is no sliding window",
                            "check " + window.optionName("size") + " and " + window.optionName("used"));
                }
                yield size;
            }
            default ->
                throw new UnsupportedInputException(
                        config.file(),
                        option,
                        "the layer type " + type + " is not supported for the family " + family.text("family"),
                        "");
        };
    }

    private Mlp mlp(Fields mlp, String blockPrefix) {
        int intermediateSize = mlp.optionalPositiveInteger("intermediateSize").orElse(4 * hiddenSize);
        String activation = mlp.option("activation");
        return new Mlp(
                mlp.optionalObject("gate").map(gate -> linear(gate, blockPrefix, hiddenSize, intermediateSize)),
                linear(mlp.object("up"), blockPrefix, hiddenSize, intermediateSize),
                linear(mlp.object("down"), blockPrefix, intermediateSize, hiddenSize),
                Activation.named(activation)
                        .orElseThrow(() -> new UnsupportedInputException(
                                config.file(),
                                mlp.optionName("activation"),
                                "the activation function \"" + activation + "\" is not supported",
                                "")));
    }

    private Linear head(Fields head, String tokens, int vocabularySize) {
        return head.flag("tied", false)
                ? new Linear(tokens, Optional.empty(), Layout.OUTPUT_BY_INPUT, hiddenSize, vocabularySize)
                : linear(head, "", hiddenSize, vocabularySize);
    }

    private static Linear linear(Fields linear, String prefix, int inputs, int outputs) {
        String name = prefix + linear.text("tensor");
        return new Linear(
                name + ".weight",
                linear.flag("bias", false) ? Optional.of(name + ".bias") : Optional.empty(),
                linear.has("layout") && linear.text("layout").equals("input-by-output")
                        ? Layout.INPUT_BY_OUTPUT
                        : Layout.OUTPUT_BY_INPUT,
                inputs,
                outputs);
    }

    private Norm norm(Fields norm, String prefix, int size) {
        String name = prefix + norm.text("tensor");
        double epsilon = norm.positiveNumber("epsilon");
        if (epsilon > LARGEST_FLOAT) {
            throw new MalformedInputException(config.file(), norm.optionName("epsilon"), "is too large", "");
        }
        return switch (norm.text("kind")) {
            case "rms" -> new Norm(Norm.Kind.RMS, name + ".weight", Optional.empty(), size, epsilon);
            case "layer" -> new Norm(Norm.Kind.LAYER, name + ".weight", Optional.of(name + ".bias"), size, epsilon);
            default -> throw new IllegalStateException("unknown norm " + norm.text("kind"));
        };
    }
}
