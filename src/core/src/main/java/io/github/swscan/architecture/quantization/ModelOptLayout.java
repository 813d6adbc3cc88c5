package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ScaledInputs;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;

/**
 * What ModelOpt exports: NVFP4, MXFP4, integers of 8 and of 4 bits. AWQ's factors of inputs are multiplied into the
 * weights; the scales by which W4A8 rounds products to 8 bits are not used, for products are not rounded.
 */
record ModelOptLayout(CodedTensors tensors) implements CodeLayout {

    private static final String METHOD = "ModelOpt";

    /** How many inputs share a scale. */
    private static final int NVFP4_GROUP = 16;

    @Override
    public Optional<TensorInfo> weight(String module) {
        refuseRemainder(module);
        Optional<GroupedCodes> codes = tensors.find(module + "weight").flatMap(weight -> codes(module, weight));
        Optional<TensorInfo> factors = tensors.find(module + "pre_quant_scale");
        if (codes.isEmpty() && factors.isPresent()) {
            throw CodedTensors.unsupported(
                    factors.get(), "is for inputs of weights that are not codes, which is not supported");
        }
        return codes.map(found -> CodedTensors.weight(
                module,
                List.of((long) found.outputs(), (long) found.inputs()),
                factors.<Codes>map(factor -> new ScaledInputs(found, tensors.ofLength(factor.name(), found.inputs())))
                        .orElse(found)));
    }

    /** SVDQuant's product of two thin matrices, to be added. */
    private void refuseRemainder(String module) {
        tensors.find(module + "svdquant_lora_a").ifPresent(remainder -> {
            throw CodedTensors.unsupported(remainder, "is a part of SVDQuant's weights, which are not supported");
        });
    }

    private Optional<GroupedCodes> codes(String module, TensorInfo weight) {
        return switch (weight.dtype()) {
            case I8 ->
                Optional.of(IntegerBytes.weight(
                        METHOD,
                        IntegerBytes.codes(weight),
                        tensors.ofLength(module + "weight_scale", rows(weight)),
                        Optional.empty(),
                        new ScaleBlock(1, columns(weight)),
                        1));
            case U8 -> Optional.of(packed(module, weight, tensors.matrix(module + "weight_scale")));
            default -> Optional.empty();
        };
    }

    private GroupedCodes packed(String module, TensorInfo bytes, TensorInfo scales) {
        PackedFloats floats = new PackedFloats(tensors, METHOD, false);
        return switch (scales.dtype()) {
            case F8_E4M3 ->
                floats.nvfp4(bytes, nvfp4Group(bytes, scales), scales, tensors.get(module + "weight_scale_2"));
            case U8, F8_E8M0 -> floats.mx(bytes, scales);
            default -> integers(bytes, scales);
        };
    }

    /** Of W4A8 there are twice as many inputs to a scale. */
    private int nvfp4Group(TensorInfo bytes, TensorInfo scales) {
        boolean said = tensors.options().findValuesAsText("quant_algo").contains("W4A8_NVFP4_FP8");
        return said && columns(bytes) == NVFP4_GROUP * columns(scales) ? 2 * NVFP4_GROUP : NVFP4_GROUP;
    }

    private static GroupedCodes integers(TensorInfo bytes, TensorInfo scales) {
        int outputs = 2 * rows(bytes);
        int inputs = columns(bytes);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        return new GroupedCodes(
                METHOD,
                outputs,
                inputs,
                new CodeWords(bytes, Packing.OUTPUT_PAIRS, 4, CodeNumbers.INTEGERS),
                CodedTensors.groups(scales, inputs, groups),
                new ScaleTable.Numbers(scales, true),
                new ZeroPoints.Constant(0));
    }
}
