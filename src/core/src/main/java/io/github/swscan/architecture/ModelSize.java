package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How large the tensors are that a model reads.
 *
 * @param parameters how many numbers they hold; tied tensors count once
 * @param bytes what they take in the files
 * @param dtype the type of most of these numbers
 * @param mixed whether that is not as good as all
 */
public record ModelSize(long parameters, long bytes, DType dtype, boolean mixed) {

    /** Norms and biases, the rest, may have another type than what is called the model's. */
    private static final double AS_GOOD_AS_ALL = 0.95;

    /** The architecture's tensors must be in the checkpoint. */
    public static ModelSize of(Architecture architecture, Checkpoint checkpoint) {
        List<TensorInfo> tensors = Parameters.of(architecture).keySet().stream()
                .map(name -> checkpoint.find(name).orElseThrow())
                .toList();
        Map<DType, Long> elements = new EnumMap<>(DType.class);
        tensors.forEach(tensor -> elements.merge(tensor.dtype(), tensor.elements(), Long::sum));
        long parameters = tensors.stream().mapToLong(TensorInfo::elements).sum();
        Map.Entry<DType, Long> most =
                elements.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        return new ModelSize(
                parameters,
                tensors.stream().mapToLong(TensorInfo::bytes).sum(),
                most.getKey(),
                most.getValue() < AS_GOOD_AS_ALL * parameters);
    }

    /** Whether most of the numbers are stored in 16 bits or fewer: as floating-point numbers, or quantized. */
    public boolean is16BitOrLess() {
        return dtype != DType.F32 && dtype != DType.F64;
    }
}
