package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.checkpoint.tensor.TensorInfo.Scales;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds the scales of 8-bit floating-point tensors, which stand beside them: {@code X_scale_inv} (DeepSeek's name; its
 * numbers are multiplied with, in spite of it) or {@code X_scale}. Bytes are exponents of two. How large the blocks are that share a scale follows
 * from the shapes.
 */
final class WeightScales {

    private static final List<String> ENDINGS = List.of("_scale_inv", "_scale");

    /** More than any tensor has. They are held in memory. */
    private static final int MAX_SCALES = 1 << 25;

    private static final String OFFSET = "_zero_point";

    /** Scales of what goes into and comes out of a linear map, which are no part of its weights. */
    private static final Pattern OF_ACTIVATIONS = Pattern.compile(
            "(input|activation|output|[qkv]|kv|kv_cache|prob)_(proj[._])?(output_)?scale.*|act_scale.*");

    private final Map<String, TensorInfo> tensors;
    private final Map<String, String> scalesInModules = new HashMap<>();

    private WeightScales(Map<String, TensorInfo> tensors) {
        this.tensors = tensors;
        for (String name : tensors.keySet()) {
            String own = name.substring(module(name).length());
            if (own.contains("scale") && !OF_ACTIVATIONS.matcher(own).matches()) {
                scalesInModules.put(module(name).replaceFirst("\\.weight\\.$", "."), name);
            }
        }
    }

    /**
     * The same tensors in the same order, those of them with their scales that have any.
     *
     * @throws io.github.swscan.input.InputException if a tensor has scales that do not fit it, or that stand under an unknown name
     */
    static Map<String, TensorInfo> attached(Map<String, TensorInfo> tensors) {
        WeightScales scales = new WeightScales(tensors);
        Map<String, TensorInfo> scaled = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> scaled.put(name, isScalable(tensor) ? scales.attached(tensor) : tensor));
        return scaled;
    }

    /** Scales may be 8-bit numbers themselves; and torchao's data have scales under names of their own. */
    private static boolean isScalable(TensorInfo tensor) {
        String own = tensor.name().substring(module(tensor.name()).length());
        return !own.contains("scale")
                && !own.endsWith("qdata")
                && tensor.dtype().isFloat8()
                && tensor.elements() > 0;
    }

    private TensorInfo attached(TensorInfo tensor) {
        List<String> found = ENDINGS.stream()
                .map(ending -> tensor.name() + ending)
                .filter(tensors::containsKey)
                .toList();
        if (found.isEmpty()) {
            String other = scalesInModules.get(module(tensor.name()));
            if (other != null) {
                throw new UnsupportedInputException(
                        tensor.file(),
                        other,
                        "seems to hold scales of " + PrintableText.quoted(tensor.name())
                                + ", but not under a name that is known",
                        "scan the checkpoint it was quantized from");
            }
            return tensor;
        }
        if (found.size() > 1 || tensors.containsKey(tensor.name() + OFFSET)) {
            throw new UnsupportedInputException(
                    tensor.file(),
                    tensor.name(),
                    found.size() > 1 ? "has scales of two kinds, " + found : "has zero points beside its scales",
                    "scan the checkpoint it was quantized from");
        }
        return tensor.scaledBy(blocks(tensor, tensors.get(found.get(0))));
    }

    /** What a tensor's name begins with, up to its last dot. */
    private static String module(String name) {
        return name.substring(0, name.lastIndexOf('.') + 1);
    }

    private static Scales blocks(TensorInfo tensor, TensorInfo scales) {
        switch (scales.dtype()) {
            case F64, F32, F16, BF16, F8_E8M0, U8 -> {}
            default ->
                throw new UnsupportedInputException(
                        scales.file(),
                        scales.name(),
                        "scales of type " + scales.dtype() + " are not supported",
                        "scan the checkpoint it was quantized from");
        }
        if (scales.elements() > MAX_SCALES) {
            throw new UnsupportedInputException(
                    scales.file(),
                    scales.name(),
                    "has " + scales.elements() + " scales, above the limit of " + MAX_SCALES,
                    "scan the checkpoint it was quantized from");
        }
        int rank = tensor.shape().size();
        int leading = Math.max(0, rank - 2);
        List<Long> stack = tensor.shape().subList(0, leading);
        long rows = rank < 2 ? 1 : tensor.shape().get(rank - 2);
        long columns = rank < 1 ? 1 : tensor.shape().get(rank - 1);
        List<Long> given = withoutBlockLengths(scales.shape());
        boolean single = stack.stream().allMatch(length -> length == 1);
        if ((single && scales.elements() == 1) || (leading > 0 && given.equals(stack))) {
            return new Scales(scales.name(), rows, columns);
        }
        if (rank == 2 && given.equals(List.of(rows))) {
            return new Scales(scales.name(), 1, columns);
        }
        if (rank < 2 || given.size() != rank || !given.subList(0, leading).equals(stack)) {
            throw unfitting(tensor, scales);
        }
        long blockRows = blockLength(rows, given.get(rank - 2));
        long blockColumns = blockLength(columns, given.get(rank - 1));
        if (blockRows == 0 || blockColumns == 0) {
            throw unfitting(tensor, scales);
        }
        return new Scales(scales.name(), blockRows, blockColumns);
    }

    /** ModelOpt keeps a dimension of one in place of each side of a block: [rows, 1, columns, 1]. */
    private static List<Long> withoutBlockLengths(List<Long> shape) {
        return shape.size() == 4 && shape.get(1) == 1 && shape.get(3) == 1
                ? List.of(shape.get(0), shape.get(2))
                : shape;
    }

    /**
     * The length of the blocks that a whole is divided into: all of it, or the power of two that makes so many. There is
     * at most one, since the lengths that do lie between a number and less than, or just up to, its double.
     *
     * @return 0 if there is none
     */
    private static long blockLength(long whole, long blocks) {
        if (blocks == 1) {
            return whole;
        }
        for (long length = 1; length < whole; length *= 2) {
            if (Scaling.parts(whole, length) == blocks) {
                return length;
            }
        }
        return 0;
    }

    private static MalformedInputException unfitting(TensorInfo tensor, TensorInfo scales) {
        return new MalformedInputException(
                scales.file(),
                scales.name(),
                "has shape " + scales.shape() + ", which does not divide " + PrintableText.quoted(tensor.name()) + " "
                        + tensor.shape() + " into blocks of a power of two",
                "scan the checkpoint it was quantized from");
    }
}
