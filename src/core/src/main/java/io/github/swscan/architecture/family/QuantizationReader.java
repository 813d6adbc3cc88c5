package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.github.swscan.architecture.Quantization;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads how config.json says that weights were quantized. */
final class QuantizationReader {

    private static final String OF_MLX = "quantization";
    private static final String REMEDY = "scan the checkpoint it was quantized from";

    /** Where the options of a model's text model are, if it has others. */
    private static final String TEXT_MODEL = "text_config.";

    /** Under the name of MLX, which may leave what the model was before, of all others, and of compressed-tensors' past. */
    private static final List<String> OPTIONS = List.of(OF_MLX, "quantization_config", "compression_config");

    private static final Set<String> FLOAT_8_TYPES = Set.of("e4m3", "e4m3fn", "e5m2");
    private static final Set<String> FLOAT_8_FORMATS = Set.of("float-quantized", "naive-quantized", "mxfp8-quantized");

    /** Those that {@link io.github.swscan.architecture.quantization.CodeLayout} reads. */
    private static final Set<String> CODED_FORMATS = Set.of(
            "pack-quantized", "int-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp6-pack-quantized");

    private static final Set<String> MODELOPT_ALGORITHMS = Set.of(
            "fp8",
            "fp8_per_channel_per_token",
            "fp8_pb_wo",
            "fp8_pb_real",
            "mxfp8",
            "nvfp4",
            "nvfp4_awq",
            "w4a16_nvfp4",
            "w4a8_nvfp4_fp8",
            "mxfp4",
            "w4a8_mxfp4_fp8",
            "w4a16_awq",
            "w4a8_awq",
            "w8a16",
            "w8a8_sq_per_channel",
            "mixed_precision");

    /** What a method calls the kinds of quantization that it knows. */
    private static final List<String> KINDS = List.of(
            "quant_algo",
            "format",
            "fmt",
            "weights",
            "linear_class",
            "quantization_mode",
            "use_rms_norm",
            "bits",
            "w_bit");

    private static final long ALL = Long.MAX_VALUE;
    private static final Quantization.Block TENSOR = new Quantization.Block(ALL, ALL);
    private static final Quantization.Block OUTPUT_CHANNEL = new Quantization.Block(1, ALL);

    /**
     * What is said.
     *
     * @param option of the file that says it; empty, if the whole file does
     */
    record Said(Path file, String option, JsonNode options) {}

    private final Path config;
    private final String option;

    private QuantizationReader(Path config, String option) {
        this.config = config;
        this.option = option;
    }

    /**
     * What config.json says, or a file beside it, if any of them says anything.
     *
     * @throws UnsupportedInputException if it names a quantization whose stored numbers mean something else
     * @throws MalformedInputException if it makes no sense
     */
    static Optional<Quantization> read(Config config) {
        return said(config).stream().findFirst().map(said -> new QuantizationReader(said.file(), said.option())
                .described(said.options()));
    }

    /** All that is said: by options of config.json, else by a file beside it. */
    static List<Said> said(Config config) {
        List<Said> own = Stream.of("", TEXT_MODEL)
                .flatMap(section -> OPTIONS.stream().map(option -> section + option))
                .map(option -> new Said(config.file(), option, at(config, option)))
                .filter(said -> !said.options().isMissingNode()
                        && !said.options().isNull()
                        && (!said.option().endsWith(OF_MLX) || said.options().has("bits")))
                .toList();
        return own.isEmpty()
                ? config.quantization().stream()
                        .map(beside -> new Said(beside.file(), "", beside.options()))
                        .toList()
                : own;
    }

    static JsonNode at(Config config, String option) {
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
                String algorithm = text(options, "quant_algo").toLowerCase(Locale.ROOT);
                require(MODELOPT_ALGORITHMS.contains(algorithm), options);
                yield withBlocks(List.of());
            }
            case "bitnet" -> {
                require(!options.path("use_rms_norm").asBoolean() && isBitNet(options), options);
                yield withBlocks(List.of());
            }
            case "gptq",
                    "awq",
                    "auto-round",
                    "intel/auto-round",
                    "bitsandbytes",
                    "hqq",
                    "torchao",
                    "mlx",
                    "mxfp4",
                    "quanto" -> withBlocks(List.of());
            default -> throw unsupported(options);
        };
    }

    static String method(JsonNode options) {
        if (options.path("load_in_4bit").asBoolean()
                || options.path("load_in_8bit").asBoolean()) {
            return "bitsandbytes";
        }
        String named = text(options, options.hasNonNull("quant_method") ? "quant_method" : "method")
                .toLowerCase(Locale.ROOT);
        if (options.has("config_groups") && !named.equals("modelopt")) {
            return "compressed-tensors";
        }
        if (named.isEmpty() && options.has("q_group_size") && options.has("w_bit")) {
            return "awq";
        }
        if (named.isEmpty() && options.has("desc_act") && options.has("bits")) {
            return "gptq";
        }
        return named.isEmpty() && options.has("group_size") && options.has("bits") ? "mlx" : named;
    }

    private static boolean isBitNet(JsonNode options) {
        return Set.of("bitlinear", "autobitlinear")
                        .contains(options.path("linear_class").asText("bitlinear"))
                && Set.of("offline", "online")
                        .contains(options.path("quantization_mode").asText("offline"));
    }

    /** As DeepSeek publishes it: a scale for each block, or for each tensor. */
    private Quantization fineGrained(JsonNode options) {
        require(!options.hasNonNull("fmt") || FLOAT_8_TYPES.contains(text(options, "fmt")), options);
        JsonNode size = options.path("weight_block_size");
        return size.isMissingNode() || size.isNull()
                ? withBlocks(List.of())
                : withBlocks(List.of(block("weight_block_size", size.path(0), size.path(1))));
    }

    private Quantization compressedTensors(JsonNode options) {
        JsonNode groups = options.path("config_groups");
        require(!groups.isEmpty(), options);
        String sparsity = text(options.path("sparsity_config"), "format");
        require(sparsity.isEmpty() || sparsity.equals("dense"), options);
        if (!options.path("transform_config").path("config_groups").isEmpty()) {
            throw new UnsupportedInputException(
                    config,
                    option + ".transform_config",
                    "says that inputs are transformed before weights are multiplied with them, which is not supported",
                    REMEDY);
        }
        List<Quantization.Block> blocks = new ArrayList<>();
        for (JsonNode group : groups) {
            JsonNode weights = group.path("weights");
            String format = text(group.hasNonNull("format") ? group : options, "format");
            boolean bytes =
                    format.equals("naive-quantized") && text(weights, "type").equals("int");
            if (weights.isObject() && !bytes && !CODED_FORMATS.contains(format)) {
                require(FLOAT_8_FORMATS.contains(format), options);
                require(
                        weights.path("num_bits").asInt() == 8
                                && text(weights, "type").equals("float"),
                        options);
                blocks.add(strategy(weights));
            }
        }
        return withBlocks(blocks);
    }

    private Quantization.Block strategy(JsonNode weights) {
        JsonNode structure = weights.path("block_structure");
        return switch (text(weights, "strategy")) {
            case "tensor" -> TENSOR;
            case "channel" -> OUTPUT_CHANNEL;
            case "group" -> block("group_size", IntNode.valueOf(1), weights.path("group_size"));
            case "block" -> block("block_structure", structure.path(0), structure.path(1));
            default -> throw unsupported(weights);
        };
    }

    private Quantization.Block block(String field, JsonNode rows, JsonNode columns) {
        if (!rows.canConvertToInt() || !columns.canConvertToInt() || rows.intValue() < 1 || columns.intValue() < 1) {
            throw new MalformedInputException(config, option + "." + field, "is not the size of a block", "");
        }
        return new Quantization.Block(rows.intValue(), columns.intValue());
    }

    private Quantization withBlocks(List<Quantization.Block> given) {
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
                REMEDY);
    }

    private static String text(JsonNode options, String field) {
        return options.path(field).isTextual() ? options.get(field).textValue() : "";
    }
}
