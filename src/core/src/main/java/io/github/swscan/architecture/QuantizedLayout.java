package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A layout of quantized weights that are no plain numbers, known by the names of the tensors that it consists of.
 *
 * @param name what people call it
 * @param parts what the names of the tensors end with, after the name of the linear map
 */
record QuantizedLayout(String name, List<String> parts) {

    /** Those that more is known of come first. */
    private static final List<QuantizedLayout> KNOWN = List.of(
            layout("FP-Quant", "qweight", "forward_hadamard_matrix"),
            layout("GPTQ", "qweight", "g_idx"),
            layout("AWQ or GPTQ", "qweight"),
            layout("bitsandbytes (4 bit)", "weight.absmax"),
            layout("bitsandbytes (8 bit)", "SCB"),
            layout("compressed-tensors (NVFP4)", "weight_packed", "weight_global_scale"),
            layout("compressed-tensors (packed)", "weight_packed"),
            layout("compressed-tensors (sparse)", "compressed", "bitmask"),
            layout("ModelOpt (NVFP4)", "weight", "weight_scale_2"),
            layout("AQLM", "codes", "codebooks"),
            layout("VPTQ", "indices", "centroids.weight"),
            layout("SpQR", "dense_weights", "row_offsets"),
            layout("HQQ", "W_q"),
            layout("quanto", "weight._data"),
            layout("EETQ", "weight", "weight_scales"),
            layout("Marlin", "B", "s"),
            layout("ExLlamaV2", "q_weight", "q_scale"),
            layout("ExLlamaV3", "trellis", "suh"),
            layout("HIGGS", "weight", "scales", "tables"),
            layout("MLX", "weight", "scales", "biases"),
            layout("BitNet or 8-bit integers", "weight", "weight_scale"));

    private static final String WEIGHT = "weight";

    /** Of the numbers that a layout packs into words or bytes. */
    private static final Set<DType> PACKED_TYPES =
            EnumSet.of(DType.U8, DType.I8, DType.I16, DType.U16, DType.I32, DType.U32);

    QuantizedLayout {
        parts = List.copyOf(parts);
    }

    private static QuantizedLayout layout(String name, String... parts) {
        return new QuantizedLayout(name, List.of(parts));
    }

    /**
     * The layout that a weight is stored in, if it is one of these. A weight that is stored as plain numbers is never
     * taken for one.
     *
     * @param weight the name of its tensor, were it stored as plain numbers
     * @return the name of the layout
     */
    static Optional<String> of(String weight, Checkpoint checkpoint) {
        Optional<TensorInfo> plain = checkpoint.find(weight);
        if (plain.filter(tensor -> !PACKED_TYPES.contains(tensor.dtype())).isPresent()) {
            return Optional.empty();
        }
        Predicate<String> isThere = name -> checkpoint.find(name).isPresent();
        if (isThere.test(weight + "_blocks") && isThere.test(weight + "_scales")) {
            return Optional.of("MXFP4");
        }
        if (!weight.endsWith("." + WEIGHT)) {
            return Optional.empty();
        }
        String map = weight.substring(0, weight.length() - WEIGHT.length());
        return KNOWN.stream()
                .filter(layout -> layout.parts.stream().map(map::concat).allMatch(isThere))
                .map(QuantizedLayout::name)
                .findFirst();
    }
}
