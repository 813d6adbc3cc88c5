package io.github.swscan.architecture.quantization;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.Optional;

/** NVFP4 as ModelOpt exports it. */
record ModelOptLayout(CodedTensors tensors) implements CodeLayout {

    @Override
    public Optional<TensorInfo> weight(String module) {
        return tensors.find(module + "weight_scale_2").map(global -> new FourBitFloats(tensors, "ModelOpt", false)
                .weight(module, tensors.get(module + "weight"), Optional.of(global)));
    }
}
