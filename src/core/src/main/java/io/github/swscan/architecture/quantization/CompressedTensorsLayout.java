package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** compressed-tensors' packed integers, integers of a byte each, and 4-bit floating-point numbers. */
record CompressedTensorsLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "compressed-tensors";
    private static final Set<Integer> BITS = Set.of(2, 4, 8);

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight_packed")
                .map(codes -> codes.dtype() == DType.U8
                        ? new FourBitFloats(tensors, METHOD, true)
                                .weight(module, codes, tensors.find(module + "weight_global_scale"))
                        : packed(module, codes))
                .or(() -> tensors.find(module + "weight")
                        .filter(bytes -> bytes.dtype() == DType.I8)
                        .map(bytes -> IntegerBytes.weight(
                                METHOD,
                                module,
                                bytes,
                                tensors.scales(module + "weight_scale"),
                                tensors.find(module + "weight_zero_point"),
                                1)));
    }

    private TensorInfo packed(String module, TensorInfo words) {
        TensorInfo scales = tensors.matrix(module + "weight_scale");
        int outputs = rows(tensors.words(words));
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        List<Long> shape = tensors.shape(module + "weight_shape");
        if (shape.get(0) != outputs) {
            throw malformed(words, "has " + outputs + " rows where weight_shape says " + shape.get(0));
        }
        long inputs = shape.get(1);
        int bits = CodedTensors.bits(words, columns(words), inputs, BITS);
        return CodedTensors.weight(
                module,
                new GroupedCodes(
                        METHOD,
                        outputs,
                        (int) inputs,
                        CodeWords.integers(words, Packing.INPUTS_ACROSS, bits),
                        tensors.groups(scales, inputs, groups, tensors.find(module + "weight_g_idx")),
                        new ScaleTable.Numbers(scales, true, 1),
                        tensors.find(module + "weight_zero_point")
                                .map(zeros -> zeros(zeros, outputs, groups, bits))
                                .orElseGet(() -> new ZeroPoints.Constant(1 << (bits - 1)))));
    }

    /** The last word of a column may be filled in part. */
    private ZeroPoints zeros(TensorInfo zeros, int outputs, int groups, int bits) {
        requireShape(tensors.words(zeros), ((long) outputs * bits + Integer.SIZE - 1) / Integer.SIZE, groups);
        return new ZeroPoints.OutputsDown(zeros);
    }
}
