package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.requireShape;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.InputGroups;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;

/**
 * Floating-point numbers of 4 or 6 bits, without gaps: NVFP4, with one more scale for all of them, MXFP4 and MXFP6, whose
 * scales are exponents.
 *
 * @param divided whether scales are divided by the one for all of them, not multiplied
 */
record PackedFloats(CodedTensors tensors, String method, boolean divided) {

    /** How many inputs share a scale that is an exponent. */
    private static final int MX_GROUP = 32;

    /** Numbers with scales that are exponents: of four or six bits, as the number of scales tells. */
    GroupedCodes mx(TensorInfo bytes, TensorInfo scales) {
        boolean sixBits = (long) columns(bytes) * Byte.SIZE == (long) columns(scales) * MX_GROUP * 6;
        CodeWords codes = sixBits
                ? new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 6, CodeNumbers.E2M3)
                : new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1);
        return weight(bytes, codes, MX_GROUP, scales, CodedTensors.exponents(scales));
    }

    /** @param group how many inputs share a scale */
    GroupedCodes nvfp4(TensorInfo bytes, int group, TensorInfo scales, TensorInfo global) {
        if (global.elements() != 1) {
            throw malformed(global, "has shape " + global.shape() + " for one number");
        }
        if (scales.dtype() != DType.F8_E4M3) {
            throw tensors.unsupported("a scale of type " + scales.dtype() + " for NVFP4");
        }
        CodeWords codes = new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1);
        return weight(bytes, codes, group, scales, new ScaleTable.TwoLevels(scales, global, divided, 1));
    }

    private GroupedCodes weight(TensorInfo bytes, CodeWords codes, int group, TensorInfo scales, ScaleTable table) {
        int outputs = rows(bytes);
        int inputs = Math.toIntExact((long) columns(bytes) * Byte.SIZE / codes.bits());
        requireShape(scales, outputs, Scaling.parts(inputs, group));
        return new GroupedCodes(
                method,
                outputs,
                inputs,
                codes,
                new InputGroups(columns(scales), group),
                table,
                new ZeroPoints.Constant(0));
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
