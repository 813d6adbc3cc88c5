package io.github.swscan.architecture.quantization;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;

/** torchao's integers of a byte; its tensors of other kinds have other parts. */
record TorchAoLayout(CodedTensors tensors) implements CodeLayout {

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "_weight_qdata")
                .filter(bytes -> bytes.dtype() == DType.I8)
                .map(bytes -> IntegerBytes.weight(
                        "torchao",
                        module,
                        bytes,
                        tensors.matrix(module + "_weight_scale"),
                        tensors.find(module + "_weight_zero_point"),
                        1));
    }
}
