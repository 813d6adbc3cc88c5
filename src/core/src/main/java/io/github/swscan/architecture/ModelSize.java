package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How large the tensors are that a model reads.
 *
 * @param parameters how many numbers they hold; tied tensors count once
 * @param bytes what they take in the files
 * @param type what most of these numbers are stored as
 * @param mixed whether that is not as good as all
 * @param is16BitOrLess whether these are floating-point numbers of 16 bits or fewer, or GGUF's blocks of such
 */
public record ModelSize(long parameters, long bytes, String type, boolean mixed, boolean is16BitOrLess) {

    /** Norms and biases, the rest, may have another type than what is called the model's. */
    private static final double AS_GOOD_AS_ALL = 0.95;

    /** Codes stand for float32 numbers, which are computed with as they are. */
    private static final Set<DType> LONG = EnumSet.of(DType.F32, DType.F64);

    /** The architecture's tensors must be in the checkpoint. */
    public static ModelSize of(Architecture architecture, Checkpoint checkpoint) {
        List<TensorInfo> tensors = Parameters.of(architecture).keySet().stream()
                .map(name -> checkpoint.find(name).orElseThrow())
                .toList();
        Map<String, Long> elements = new TreeMap<>();
        tensors.forEach(tensor -> elements.merge(tensor.storedType(), tensor.elements(), Long::sum));
        long parameters = tensors.stream().mapToLong(TensorInfo::elements).sum();
        Map.Entry<String, Long> most =
                elements.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        return new ModelSize(
                parameters,
                tensors.stream().mapToLong(TensorInfo::storedBytes).sum(),
                most.getKey(),
                most.getValue() < AS_GOOD_AS_ALL * parameters,
                tensors.stream()
                        .filter(tensor -> tensor.storedType().equals(most.getKey()))
                        .noneMatch(tensor -> LONG.contains(tensor.dtype())));
    }
}
