package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;
import java.util.Set;

/**
 * MLX's codes, dense along the inputs: affine ones, and the floating-point numbers of NVFP4, MXFP4 and MXFP8, which the
 * size of their groups tells apart.
 */
record MlxLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "MLX";
    private static final Set<Integer> AFFINE_BITS = Set.of(1, 2, 3, 4, 5, 6, 8);
    private static final int AFFINE_GROUP = 64;

    /** The largest number of NVFP4 times the largest scale: a matrix' own scale is what they stand for together. */
    private static final float NVFP4_LARGEST = 6 * 448;

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight")
                .filter(words -> words.dtype() == DType.U32)
                .flatMap(words -> tensors.find(module + "scales")
                        .map(scales -> CodedTensors.weight(
                                module,
                                scales.dtype() == DType.U8
                                        ? floats(module, words, tensors.matrix(scales.name()))
                                        : affine(module, words, tensors.matrix(scales.name())))));
    }

    private GroupedCodes floats(String module, TensorInfo words, TensorInfo scales) {
        int outputs = rows(words);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        Optional<TensorInfo> global = tensors.find(module + "global_scale");
        long bitsOfGroup = (long) columns(words) * Integer.SIZE / groups;
        if ((long) columns(words) * Integer.SIZE % groups != 0 || (global.isPresent() && bitsOfGroup != 64)) {
            throw malformed(scales, "has shape " + scales.shape() + " for words " + words.shape());
        }
        return switch ((int) bitsOfGroup) {
            case 64 -> floats(words, 4, CodeNumbers.E2M1, new InputGroups(groups, 16), nvfp4(scales, global));
            case 128 ->
                floats(words, 4, CodeNumbers.E2M1, new InputGroups(groups, 32), new ScaleTable.Exponents(scales));
            case 256 ->
                floats(words, 8, CodeNumbers.E4M3, new InputGroups(groups, 32), new ScaleTable.Exponents(scales));
            default -> throw malformed(scales, "has shape " + scales.shape() + " for words " + words.shape());
        };
    }

    private static GroupedCodes floats(
            TensorInfo words, int bits, CodeNumbers numbers, InputGroups groups, ScaleTable scales) {
        return new GroupedCodes(
                METHOD,
                rows(words),
                groups.count() * groups.size(),
                new CodeWords(words, Packing.INPUTS_ACROSS, bits, numbers),
                groups,
                scales,
                new ZeroPoints.Constant(0));
    }

    private ScaleTable nvfp4(TensorInfo scales, Optional<TensorInfo> global) {
        TensorInfo numbers = CodedTensors.seenAs(scales, DType.F8_E4M3, scales.shape());
        return global.<ScaleTable>map(
                        all -> new ScaleTable.TwoLevels(numbers, tensors.ofLength(all.name(), 1), false, NVFP4_LARGEST))
                .orElseGet(() -> new ScaleTable.Numbers(numbers, true));
    }

    private GroupedCodes affine(String module, TensorInfo words, TensorInfo scales) {
        int outputs = rows(words);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        int size = groupSize(module);
        if (!CodedTensors.isSide(size)) {
            throw tensors.unsupported("a group of " + size);
        }
        TensorInfo biases = tensors.matrix(module + "biases");
        requireShape(biases, outputs, groups);
        long inputs = (long) groups * size;
        int bits = CodedTensors.bits(words, columns(words), inputs, AFFINE_BITS);
        return new GroupedCodes(
                METHOD,
                outputs,
                (int) inputs,
                CodeWords.integers(words, Packing.INPUTS_ACROSS, bits),
                new InputGroups(groups, size),
                new ScaleTable.Numbers(scales, true),
                new ZeroPoints.Biases(biases));
    }

    /** A module's own, or what holds for all. */
    private int groupSize(String module) {
        String stored = tensors.stored().storedName(tensors.get(module + "weight"));
        JsonNode own = tensors.options().path(stored.substring(0, Math.max(0, stored.lastIndexOf('.'))));
        return (own.isObject() ? own : tensors.options()).path("group_size").asInt(AFFINE_GROUP);
    }
}
