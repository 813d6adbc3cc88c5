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
 * Two codes a byte: NVFP4, with one more scale for all of them, and MXFP4, whose scales are exponents.
 *
 * @param divided whether scales are divided by the one for all of them, not multiplied
 */
record FourBitFloats(CodedTensors tensors, String method, boolean divided) {

    TensorInfo weight(String module, TensorInfo bytes, Optional<TensorInfo> global) {
        TensorInfo scales = tensors.matrix(module + "weight_scale");
        int outputs = rows(bytes);
        int inputs = 2 * columns(bytes);
        int groups = columns(scales);
        requireShape(scales, outputs, groups);
        return CodedTensors.weight(
                module,
                new GroupedCodes(
                        method,
                        outputs,
                        inputs,
                        new CodeWords(asWords(bytes), Packing.INPUTS_ACROSS, 4, CodeNumbers.E2M1),
                        CodedTensors.groups(scales, inputs, groups),
                        global.map(all -> levels(scales, all)).orElseGet(() -> exponents(scales)),
                        new ZeroPoints.Constant(0)));
    }

    private ScaleTable levels(TensorInfo scales, TensorInfo global) {
        if (global.elements() != 1) {
            throw malformed(global, "has shape " + global.shape() + " for one number");
        }
        if (scales.dtype() != DType.F8_E4M3) {
            throw tensors.unsupported("a scale of type " + scales.dtype() + " for NVFP4");
        }
        return new ScaleTable.TwoLevels(scales, global, divided);
    }

    private static ScaleTable exponents(TensorInfo scales) {
        CodedTensors.requireType(scales, DType.U8, "exponents");
        return new ScaleTable.Exponents(scales);
    }

    /** Bytes seen as the words that they are four by four. */
    private static TensorInfo asWords(TensorInfo bytes) {
        CodedTensors.requireType(bytes, DType.U8, "bytes of two codes");
        if (!bytes.isContiguous() || columns(bytes) % Integer.BYTES != 0) {
            throw CodedTensors.unsupported(bytes, "has rows that are not whole words, which is not supported");
        }
        List<Long> shape = List.of((long) rows(bytes), (long) columns(bytes) / Integer.BYTES);
        return new TensorInfo(bytes.name(), DType.I32, shape, bytes.file(), bytes.offset(), bytes.bytes());
    }
}
