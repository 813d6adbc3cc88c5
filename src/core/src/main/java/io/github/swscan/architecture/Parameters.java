package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The tensors that an architecture reads, with their shapes; held against what a checkpoint has. */
public final class Parameters {

    private Parameters() {}

    /** Names and shapes of all tensors that the model reads, in the order in which it reads them. */
    public static Map<String, List<Long>> of(Architecture architecture) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        Stream.of(
                        architecture.embedding().parameters(architecture.hiddenSize()),
                        architecture.blocks().stream().flatMap(Block::parameters),
                        architecture.finalNorm().stream().flatMap(Norm::parameters),
                        architecture.head().stream().flatMap(Head::parameters))
                .flatMap(parameters -> parameters)
                .forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        return shapes;
    }

    /**
     * Checks that a checkpoint has every tensor that the architecture reads, in the right shape and in a type that can
     * be computed with.
     *
     * @param location where the checkpoint lies, for messages about tensors that are missing
     * @param config the file that describes the model, for messages
     * @throws InputException naming the first tensor that does not fit
     */
    public static void check(Architecture architecture, Checkpoint checkpoint, Path location, Path config) {
        of(architecture).forEach((name, shape) -> {
            QuantizedLayout.of(name, checkpoint).ifPresent(layout -> {
                throw new UnsupportedInputException(
                        location,
                        name,
                        "weights in the layout of " + layout + " are not supported",
                        "scan the checkpoint it was quantized from");
            });
            TensorInfo tensor = checkpoint
                    .find(name)
                    .orElseThrow(() ->
                            MissingTensor.of(name, checkpoint.tensors().keySet(), architecture, location, config));
            if (!fits(tensor.shape(), shape)) {
                throw new MalformedInputException(
                        tensor.file(),
                        name,
                        "has shape " + tensor.shape() + " where " + config.getFileName() + " asks for " + shape,
                        "");
            }
            if (!tensor.dtype().isComputable()) {
                throw new UnsupportedInputException(
                        tensor.file(),
                        name,
                        "weights of type " + tensor.dtype() + " are not supported",
                        "supported are F64, F32, F16, BF16, F8_E4M3 and F8_E5M2");
            }
            architecture.quantization().ifPresent(quantization -> quantization.check(tensor));
        });
    }

    /** A single number may be stored with or without a dimension. */
    private static boolean fits(List<Long> shape, List<Long> wanted) {
        return shape.equals(wanted) || (wanted.isEmpty() && shape.equals(List.of(1L)));
    }
}
