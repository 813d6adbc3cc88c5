package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeNumbers;
import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;

/** A byte for each weight, as several libraries store them. */
final class IntegerBytes {

    private IntegerBytes() {}

    /** The codes of a signed byte for each weight, [outputs, inputs]. */
    static CodeWords codes(TensorInfo bytes) {
        CodedTensors.requireType(bytes, DType.I8, "integers of a byte");
        return new CodeWords(bytes, Packing.BYTES, Byte.SIZE, CodeNumbers.INTEGERS);
    }

    /**
     * The weight.
     *
     * @param codes [outputs, inputs]
     * @param scales a row for each block of outputs, a column for each group of inputs
     * @param zeros as many, if zero is another code than 0
     * @param divisor that scales are divided by
     */
    static GroupedCodes weight(
            String method,
            CodeWords codes,
            TensorInfo scales,
            Optional<TensorInfo> zeros,
            ScaleBlock block,
            float divisor) {
        if (!scales.dtype().isComputable() || scales.dtype().isInBlocks()) {
            throw CodedTensors.unsupported(
                    scales, "holds scales of type " + scales.dtype() + ", which is not supported");
        }
        int outputs = rows(codes.tensor());
        int inputs = columns(codes.tensor());
        return new GroupedCodes(
                method,
                outputs,
                inputs,
                codes,
                block.groups(inputs),
                new ScaleTable.Blocks(scales, block.outputs(), divisor),
                zeros(scales, zeros, 0, block));
    }

    /** Zero points of which there is one for each scale: integers of a byte, or numbers. */
    static ZeroPoints zeros(TensorInfo scales, Optional<TensorInfo> zeros, int added, ScaleBlock block) {
        zeros.filter(points -> points.elements() != scales.elements()
                        || (points.dtype() != DType.I8 && !points.dtype().isComputable()))
                .ifPresent(points -> {
                    throw malformed(
                            points, "is " + points.dtype() + " " + points.shape() + " for scales " + scales.shape());
                });
        return zeros.<ZeroPoints>map(points -> new ZeroPoints.Numbers(points, added, block.outputs()))
                .orElseGet(() -> new ZeroPoints.Constant(added));
    }
}
