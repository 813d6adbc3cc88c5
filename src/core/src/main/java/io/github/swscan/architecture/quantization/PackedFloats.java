package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;

/**
 * Floating-point numbers of 4 or 6 bits, without gaps: NVFP4, with one more scale for all of them, MXFP4 and MXFP6, whose
 * scales are exponents.
 *
 * @param divided whether scales are divided by the one for all of them, not multiplied
 */
record PackedFloats(CodedTensors tensors, String method, boolean divided) {

    /** Bytes that the numbers of six bits take which share a scale. */
    private static final int SIX_BIT_GROUP = 24;

    GroupedCodes weight(TensorInfo bytes, TensorInfo scales, Optional<TensorInfo> global) {
        int outputs = rows(bytes);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        boolean sixBits = global.isEmpty() && columns(bytes) == (long) SIX_BIT_GROUP * groups;
        int inputs = sixBits ? columns(bytes) / 3 * 4 : 2 * columns(bytes);
        return new GroupedCodes(
                method,
                outputs,
                inputs,
                sixBits
                        ? new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 6, CodeNumbers.E2M3)
                        : new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1),
                CodedTensors.groups(scales, inputs, groups),
                global.map(all -> levels(scales, all)).orElseGet(() -> CodedTensors.exponents(scales)),
                new ZeroPoints.Constant(0));
    }

    private ScaleTable levels(TensorInfo scales, TensorInfo global) {
        if (global.elements() != 1) {
            throw malformed(global, "has shape " + global.shape() + " for one number");
        }
        if (scales.dtype() != DType.F8_E4M3) {
            throw tensors.unsupported("a scale of type " + scales.dtype() + " for NVFP4");
        }
        return new ScaleTable.TwoLevels(scales, global, divided, 1);
    }

    /** Bytes seen as the words that they are four by four. */
    private static TensorInfo asWords(TensorInfo bytes) {
        CodedTensors.requireType(bytes, DType.U8, "bytes of codes");
        if (columns(bytes) % Integer.BYTES != 0) {
            throw CodedTensors.unsupported(bytes, "has rows that are not whole words, which is not supported");
        }
        return CodedTensors.seenAs(
                bytes, DType.I32, List.of((long) rows(bytes), (long) columns(bytes) / Integer.BYTES));
    }
}
