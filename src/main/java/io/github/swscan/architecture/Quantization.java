package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.github.swscan.checkpoint.DType;
import io.github.swscan.checkpoint.InputException;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.checkpoint.TensorInfo;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How config.json says that weights were quantized, where the stored numbers times their scales are the weights: in 8-bit
 * floating point. What the same options say of activations and of the key-value cache does not matter to weights.
 *
 * @param config for messages
 * @param option of config.json that says so, for messages
 * @param blocks the sizes of the blocks that share a scale; empty: any
 */
record Quantization(Path config, String option, List<Block> blocks) {

    private static final String OF_MLX = "quantization";

    /** Under the names of today, of the past of compressed-tensors, and of MLX. */
    private static final List<String> OPTIONS = List.of("quantization_config", "compression_config", OF_MLX);

    private static final Set<String> FLOAT_8_TYPES = Set.of("e4m3", "e4m3fn", "e5m2");
    private static final Set<String> FLOAT_8_FORMATS = Set.of("float-quantized", "naive-quantized");

    /** What a method calls the kinds of quantization that it knows. */
    private static final List<String> KINDS =
            List.of("quant_algo", "format", "fmt", "weights", "quantization_mode", "bits", "w_bit");

    private static final long ALL = Long.MAX_VALUE;
    private static final Block TENSOR = new Block(ALL, ALL);
    private static final Block OUTPUT_CHANNEL = new Block(1, ALL);

    /** So many rows and columns of a matrix, or as many as there are. */
    record Block(long rows, long columns) {}

    Quantization {
        blocks = List.copyOf(blocks);
    }

    /**
     * What config.json says, if it says anything.
     *
     * @throws UnsupportedInputException if it names a quantization whose stored numbers mean something else
     * @throws MalformedInputException if it makes no sense
     */
    static Optional<Quantization> of(Config config) {
        return Stream.of("", "text_config.")
                .flatMap(section -> OPTIONS.stream().map(option -> section + option))
                .filter(option -> !at(config, option).isMissingNode()
                        && !at(config, option).isNull()
                        && (!option.endsWith(OF_MLX) || at(config, option).has("bits")))
                .findFirst()
                .map(option -> new Quantization(config.file(), option, List.of()).described(at(config, option)));
    }

    private static JsonNode at(Config config, String option) {
        return config.options().at("/" + option.replace('.', '/'));
    }

    private Quantization described(JsonNode options) {
        if (!options.isObject()) {
            throw new MalformedInputException(
                    config, option, "is " + Config.written(options) + " where an object is needed", "");
        }
        return switch (method(options)) {
            case "fp8" -> fineGrained(options);
            case "fbgemm_fp8" -> withBlocks(List.of(OUTPUT_CHANNEL));
            case "compressed-tensors" -> compressedTensors(options);
            case "modelopt" -> {
                require("FP8".equals(text(options, "quant_algo")), options);
                yield this;
            }
            default -> throw unsupported(options);
        };
    }

    private static String method(JsonNode options) {
        if (options.path("load_in_4bit").asBoolean()
                || options.path("load_in_8bit").asBoolean()) {
            return "bitsandbytes";
        }
        return options.has("config_groups") ? "compressed-tensors" : text(options, "quant_method");
    }

    /** As DeepSeek publishes it: a scale for each block, or for each tensor. */
    private Quantization fineGrained(JsonNode options) {
        require(!options.hasNonNull("fmt") || FLOAT_8_TYPES.contains(text(options, "fmt")), options);
        JsonNode size = options.path("weight_block_size");
        return size.isMissingNode() || size.isNull()
                ? this
                : withBlocks(List.of(block("weight_block_size", size.path(0), size.path(1))));
    }

    private Quantization compressedTensors(JsonNode options) {
        JsonNode groups = options.path("config_groups");
        require(!groups.isEmpty(), options);
        String sparsity = text(options.path("sparsity_config"), "format");
        require(sparsity.isEmpty() || sparsity.equals("dense"), options);
        List<Block> blocks = new ArrayList<>();
        for (JsonNode group : groups) {
            JsonNode weights = group.path("weights");
            if (weights.isObject()) {
                require(
                        FLOAT_8_FORMATS.contains(text(group.hasNonNull("format") ? group : options, "format")),
                        options);
                require(
                        weights.path("num_bits").asInt() == 8
                                && text(weights, "type").equals("float"),
                        options);
                blocks.add(strategy(weights));
            }
        }
        return withBlocks(blocks);
    }

    private Block strategy(JsonNode weights) {
        JsonNode structure = weights.path("block_structure");
        return switch (text(weights, "strategy")) {
            case "tensor" -> TENSOR;
            case "channel" -> OUTPUT_CHANNEL;
            case "group" -> block("group_size", IntNode.valueOf(1), weights.path("group_size"));
            case "block" -> block("block_structure", structure.path(0), structure.path(1));
            default -> throw unsupported(weights);
        };
    }

    private Block block(String field, JsonNode rows, JsonNode columns) {
        if (!rows.canConvertToInt() || !columns.canConvertToInt() || rows.intValue() < 1 || columns.intValue() < 1) {
            throw new MalformedInputException(config, option + "." + field, "is not the size of a block", "");
        }
        return new Block(rows.intValue(), columns.intValue());
    }

    private Quantization withBlocks(List<Block> given) {
        return new Quantization(config, option, given);
    }

    private void require(boolean readable, JsonNode options) {
        if (!readable) {
            throw unsupported(options);
        }
    }

    private UnsupportedInputException unsupported(JsonNode options) {
        String method = method(options);
        String kinds = KINDS.stream()
                .filter(kind ->
                        options.path(kind).isValueNode() && !options.path(kind).isNull())
                .map(kind -> kind + " " + options.get(kind).asText())
                .collect(Collectors.joining(", "));
        return new UnsupportedInputException(
                config,
                option,
                "weights quantized"
                        + (method.isEmpty() ? "" : " with \"" + method + "\"")
                        + (kinds.isEmpty() ? "" : " (" + kinds + ")")
                        + " are not supported",
                "scan the checkpoint it was quantized from");
    }

    /**
     * Checks that a weight is what this says.
     *
     * @throws InputException if it has no scales though it must, or scales of other blocks
     */
    void check(TensorInfo weight) {
        boolean quantized = weight.dtype() == DType.F8_E4M3 || weight.dtype() == DType.F8_E5M2;
        if (quantized && weight.scales().isEmpty()) {
            throw new MalformedInputException(
                    weight.file(),
                    weight.name(),
                    "is " + weight.dtype() + " and has no scales, which " + option + " of config.json asks for",
                    "download the model again");
        }
        weight.scales().ifPresent(scales -> {
            if (!blocks.isEmpty()
                    && blocks.stream()
                            .noneMatch(block -> scales.areFor(weight.shape(), block.rows(), block.columns()))) {
                throw new MalformedInputException(
                        weight.file(),
                        scales.tensor(),
                        "has a scale for each %d by %d numbers, which is not what %s of config.json says"
                                .formatted(scales.rows(), scales.columns(), option),
                        "download the model again");
            }
        });
    }

    private static String text(JsonNode options, String field) {
        return options.path(field).isTextual() ? options.get(field).textValue() : "";
    }
}
