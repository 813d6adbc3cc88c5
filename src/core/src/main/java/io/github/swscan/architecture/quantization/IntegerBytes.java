package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.malformed;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.CodeWords;
import io.github.swscan.checkpoint.quantized.GroupedCodes;
import io.github.swscan.checkpoint.quantized.Packing;
import io.github.swscan.checkpoint.quantized.ScaleTable;
import io.github.swscan.checkpoint.quantized.ZeroPoints;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;

/** A signed byte for each weight, as several libraries store them. */
final class IntegerBytes {

    private IntegerBytes() {}

    /**
     * The weight.
     *
     * @param bytes [outputs, inputs]
     * @param scales one for each output or group of its inputs, or one for all
     * @param zeros as many, if zero is another code than 0
     * @param factor that scales are multiplied with
     */
    static TensorInfo weight(
            String method,
            String module,
            TensorInfo bytes,
            TensorInfo scales,
            Optional<TensorInfo> zeros,
            float factor) {
        CodedTensors.requireType(bytes, DType.I8, "integers of a byte");
        int outputs = rows(bytes);
        int inputs = columns(bytes);
        boolean single = scales.elements() == 1;
        if (!single && (scales.elements() % outputs != 0 || scales.elements() == 0)) {
            throw malformed(scales, "has shape " + scales.shape() + " for " + outputs + " outputs");
        }
        zeros.filter(points -> points.dtype() != DType.I8 || points.elements() != scales.elements())
                .ifPresent(points -> {
                    throw malformed(
                            points, "is " + points.dtype() + " " + points.shape() + " for scales " + scales.shape());
                });
        return CodedTensors.weight(
                module,
                new GroupedCodes(
                        method,
                        outputs,
                        inputs,
                        CodeWords.integers(bytes, Packing.BYTES, 8),
                        CodedTensors.groups(scales, inputs, single ? 1 : (int) (scales.elements() / outputs)),
                        single ? new ScaleTable.Single(scales, factor) : new ScaleTable.Numbers(scales, true, factor),
                        zeros.<ZeroPoints>map(ZeroPoints.Bytes::new).orElseGet(() -> new ZeroPoints.Constant(0))));
    }
}
