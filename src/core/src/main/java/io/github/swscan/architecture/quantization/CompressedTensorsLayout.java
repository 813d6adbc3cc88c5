package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * compressed-tensors' packed integers, integers of a byte each, and floating-point numbers of 4 and 6 bits. Which of the
 * groups of config.json a module is in is not looked at: bits and blocks are those that fit its tensors.
 */
record CompressedTensorsLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "compressed-tensors";

    /** How many inputs share a scale. */
    private static final int NVFP4_GROUP = 16;

    /** Of packed integers. */
    private static final int MOST_BITS = 8;

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight_packed")
                .map(codes -> codes.dtype() == DType.U8 ? floats(module, codes) : packed(module, codes))
                .or(() -> tensors.find(module + "weight")
                        .filter(bytes -> bytes.dtype() == DType.I8)
                        .map(bytes -> bytes(module, bytes)))
                .map(codes -> CodedTensors.weight(module, codes));
    }

    private GroupedCodes floats(String module, TensorInfo codes) {
        PackedFloats floats = new PackedFloats(tensors, METHOD, true);
        TensorInfo scales = tensors.matrix(module + "weight_scale");
        return tensors.find(module + "weight_global_scale")
                .map(global -> floats.nvfp4(codes, NVFP4_GROUP, scales, global))
                .orElseGet(() -> floats.mx(codes, scales));
    }

    private GroupedCodes bytes(String module, TensorInfo bytes) {
        TensorInfo scales = tensors.scales(module + "weight_scale");
        CodeWords codes = IntegerBytes.codes(bytes);
        return IntegerBytes.weight(
                METHOD, codes, scales, zeroPoints(module), block(scales, rows(bytes), columns(bytes)), 1);
    }

    private GroupedCodes packed(String module, TensorInfo words) {
        TensorInfo scales = tensors.scales(module + "weight_scale");
        int outputs = rows(tensors.words(words));
        List<Long> shape = tensors.shape(module + "weight_shape");
        if (shape.get(0) != outputs || !CodedTensors.isSide(shape.get(1))) {
            throw malformed(words, "has " + outputs + " rows where weight_shape says " + shape);
        }
        int inputs = shape.get(1).intValue();
        CodeWords codes = codes(words, inputs);
        ScaleBlock block = block(scales, outputs, inputs);
        return new GroupedCodes(
                METHOD,
                outputs,
                inputs,
                codes,
                groups(module, inputs, block),
                new ScaleTable.Blocks(scales, block.outputs(), 1),
                zeros(module, codes, scales, outputs, block.groups(inputs).count(), block));
    }

    /** Without gaps, as since version 0.13, or in words of whole codes. */
    private CodeWords codes(TensorInfo words, int inputs) {
        List<CodeWords> fitting = groupsOfConfig()
                .filter(weights -> !weights.path("type").asText("int").equals("float"))
                .map(weights -> weights.path("num_bits").asInt())
                .filter(bits -> bits >= 1 && bits <= MOST_BITS)
                .distinct()
                .flatMap(bits -> Stream.of(Packing.INPUTS_ACROSS, Packing.INPUTS_PADDED)
                        .limit(Integer.SIZE % bits == 0 || inputs <= Integer.SIZE / bits ? 1 : 2)
                        .map(packing -> CodeWords.integers(words, packing, bits)))
                .filter(codes -> codes.words(inputs) == columns(words))
                .toList();
        if (fitting.isEmpty()) {
            throw malformed(
                    words,
                    "has %d words an output, which codes of %d inputs do not fill in any of the numbers of bits in %s"
                            .formatted(columns(words), inputs, tensors.option()));
        }
        if (fitting.size() > 1) {
            throw CodedTensors.unsupported(
                    words, "may hold codes of " + inputs + " inputs in several ways, which are not told apart");
        }
        return fitting.get(0);
    }

    /** What config.json says of weights, group of modules by group. */
    private Stream<JsonNode> groupsOfConfig() {
        return StreamSupport.stream(tensors.options().path("config_groups").spliterator(), false)
                .map(group -> group.path("weights"));
    }

    /** All of a matrix, an output, a group of its inputs, or a block of a size that config.json says. */
    private ScaleBlock block(TensorInfo scales, int outputs, int inputs) {
        List<ScaleBlock> fitting = groupsOfConfig()
                .map(weights -> weights.path("block_structure"))
                .filter(block -> CodedTensors.isSide(block.path(0).asLong())
                        && CodedTensors.isSide(block.path(1).asLong()))
                .map(block ->
                        new ScaleBlock(block.get(0).intValue(), block.get(1).intValue()))
                .distinct()
                .filter(block -> scales.shape().equals(List.of(block.rows(outputs), block.columns(inputs))))
                .toList();
        if (fitting.size() == 1) {
            return fitting.get(0);
        }
        boolean byOutput = !scales.shape().isEmpty() && scales.shape().get(0) == outputs;
        if (!fitting.isEmpty() || (scales.elements() != 1 && !byOutput)) {
            throw malformed(
                    scales, "has shape " + scales.shape() + " for " + outputs + " outputs of " + inputs + " inputs");
        }
        return ScaleBlock.evenly(scales, outputs, inputs);
    }

    /** Symmetric codes have none. */
    private Optional<TensorInfo> zeroPoints(String module) {
        return told(
                module + "weight_zero_point",
                weights -> weights.path("symmetric").isBoolean()
                        && !weights.path("symmetric").booleanValue());
    }

    /** Whether groups are those of inputs in the order of their activations: then a tensor tells them. */
    private static boolean isByActivation(JsonNode weights) {
        JsonNode order = weights.path("actorder");
        return weights.path("strategy").asText().equals("group")
                && (order.isBoolean()
                        ? order.booleanValue()
                        : List.of("group", "dynamic").contains(order.asText()));
    }

    /**
     * A tensor that modules have if options say so of them.
     *
     * @throws io.github.swscan.input.InputException if it is missing, and all groups of config.json say that it is there
     */
    private Optional<TensorInfo> told(String name, Predicate<JsonNode> needed) {
        List<JsonNode> groups = groupsOfConfig().toList();
        return !groups.isEmpty() && groups.stream().allMatch(needed)
                ? Optional.of(tensors.get(name))
                : tensors.find(name);
    }

    /** Consecutive ones, unless a tensor tells the group of each input; -1 stands for one that was never told. */
    private InputGroups groups(String module, int inputs, ScaleBlock block) {
        return told(module + "weight_g_idx", CompressedTensorsLayout::isByActivation)
                .filter(told -> isTold(tensors.words(told)))
                .map(told ->
                        tensors.groupsTold(told, inputs, block.groups(inputs).count()))
                .orElseGet(() -> block.groups(inputs));
    }

    private boolean isTold(TensorInfo groupOfInput) {
        ByteBuffer groups = tensors.content(groupOfInput);
        while (groups.hasRemaining()) {
            if (groups.getInt() == -1) {
                return false;
            }
        }
        return true;
    }

    /** Codes as those of the weights, along the outputs; of blocks and whole matrices, a byte each. */
    private ZeroPoints zeros(
            String module, CodeWords codes, TensorInfo scales, int outputs, int groups, ScaleBlock block) {
        Optional<TensorInfo> zeros = zeroPoints(module);
        if (zeros.isEmpty() || zeros.get().dtype() == DType.I8) {
            return IntegerBytes.zeros(scales, zeros, 1 << (codes.bits() - 1), block);
        }
        CodeWords words = CodeWords.integers(tensors.words(zeros.get()), codes.packing(), codes.bits());
        requireShape(zeros.get(), words.words(outputs), groups);
        return new ZeroPoints.OutputsDown(words);
    }
}
