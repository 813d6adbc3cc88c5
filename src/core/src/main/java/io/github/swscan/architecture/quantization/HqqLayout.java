package io.github.swscan.architecture.quantization;

import static io.github.swscan.architecture.quantization.CodedTensors.columns;
import static io.github.swscan.architecture.quantization.CodedTensors.rows;

import io.github.swscan.checkpoint.quantized.HalvedCodes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.List;
import java.util.Optional;

/** HQQ's four bits along the rows of the matrix; other kinds are packed in other ways. */
record HqqLayout(CodedTensors tensors) implements CodeLayout {

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "W_q").map(bytes -> {
            int bits = tensors.number(module + "nbits");
            int axis = tensors.number(module + "axis");
            if (bits != 4 || axis != 1 || bytes.dtype() != DType.U8) {
                throw tensors.unsupported("codes of " + bits + " bits along axis " + axis);
            }
            List<Long> shape = tensors.shape(module + "shape");
            int groups = 2 * rows(bytes);
            int groupSize = columns(bytes);
            long codes = (long) groups * groupSize;
            if (!shape.stream().allMatch(CodedTensors::isSide) || shape.get(0) * shape.get(1) != codes) {
                throw CodedTensors.malformed(
                        bytes,
                        "has codes for %d weights, where %d by %d are said to be"
                                .formatted(codes, shape.get(0), shape.get(1)));
            }
            TensorInfo scales = tensors.ofLength(module + "scale", groups);
            TensorInfo zeros = tensors.ofLength(module + "zero", groups);
            return CodedTensors.weight(module, shape, new HalvedCodes(bytes, scales, zeros, groups, groupSize));
        });
    }
}
