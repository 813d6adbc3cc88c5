package io.github.swscan.architecture.family;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The factors that NVFP4 matrices of GGUF files may have besides the scales of their blocks: a number beside each, {@code
 * X.scale} beside {@code X.weight}, and beside the matrices of all experts one for each expert.
 */
final class GgufFactors {

    /** What the names of factors end with. */
    static final String ENDING = ".scale";

    private static final String WEIGHT = ".weight";

    /** The matrices that llama.cpp multiplies with their factors. It refuses files with others. */
    private static final Pattern MULTIPLIED = Pattern.compile(
            "(output|blk\\.\\d+\\.(attn_(q|k|v|qkv|output)|ffn_(gate|up|down)(_exps)?))" + Pattern.quote(WEIGHT));

    private GgufFactors() {}

    /**
     * The same checkpoint, those matrices with their factors that have any.
     *
     * @throws MalformedInputException if a factor is not one number
     */
    static Checkpoint attached(Checkpoint checkpoint) {
        List<TensorInfo> scaled = checkpoint.tensors().values().stream()
                .filter(tensor -> tensor.dtype() == DType.NVFP4)
                .filter(tensor ->
                        MULTIPLIED.matcher(checkpoint.storedName(tensor)).matches())
                .flatMap(tensor -> checkpoint.find(factor(tensor)).map(factor -> scaled(tensor, factor)).stream())
                .toList();
        return checkpoint.with(scaled);
    }

    private static String factor(TensorInfo matrix) {
        String name = matrix.name();
        return name.substring(0, name.length() - WEIGHT.length()) + ENDING;
    }

    private static TensorInfo scaled(TensorInfo matrix, TensorInfo factor) {
        if (factor.dtype() != DType.F32 || factor.elements() != 1) {
            throw new MalformedInputException(
                    factor.file(),
                    factor.name(),
                    "has shape %s and type %s where a factor in F32 is needed"
                            .formatted(factor.shape(), factor.dtype()),
                    "convert the model again");
        }
        int rank = matrix.shape().size();
        long rows = rank < 2 ? 1 : matrix.shape().get(rank - 2);
        return matrix.scaledBy(
                new TensorInfo.Scales(factor.name(), rows, matrix.shape().get(rank - 1)));
    }
}
