package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The tensors that an architecture reads, with their shapes; held against what a checkpoint has. */
public final class Parameters {

    private Parameters() {}

    /** Names and shapes of all tensors that the model reads, in the order in which it reads them; -1 is any length. */
    public static Map<String, List<Long>> of(Architecture architecture) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        all(architecture).forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        return shapes;
    }

    private static Stream<Parameter> all(Architecture architecture) {
        return Stream.of(
                        architecture.embedding().parameters(architecture.hiddenSize()),
                        architecture.blocks().stream().flatMap(Block::parameters),
                        architecture.streams().stream().flatMap(ResidualStreams::parameters),
                        architecture.finalNorm().stream().flatMap(Norm::parameters),
                        architecture.head().stream().flatMap(Head::parameters),
                        architecture.sentenceEmbedding().stream().flatMap(SentenceEmbedding::parameters))
                .flatMap(parameters -> parameters);
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
        Set<String> whole =
                all(architecture).filter(Parameter::whole).map(Parameter::name).collect(Collectors.toSet());
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
            if (whole.contains(name)) {
                requireWholeNumbers(tensor);
                return;
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
        checkKernels(architecture, checkpoint, config);
    }

    private static void requireWholeNumbers(TensorInfo tensor) {
        if (tensor.dtype() != DType.I64 && tensor.dtype() != DType.I32) {
            throw new UnsupportedInputException(
                    tensor.file(),
                    tensor.name(),
                    "whole numbers of type " + tensor.dtype() + " are not supported",
                    "supported are I64 and I32");
        }
    }

    /** Kernels of one convolution may divide its channels in any way, but must be as many together. */
    private static void checkKernels(Architecture architecture, Checkpoint checkpoint, Path config) {
        architecture.blocks().stream()
                .flatMap(block -> recurrences(block.mixer()))
                .filter(recurrence -> recurrence.convolution().kernels().size() > 1)
                .forEach(recurrence -> {
                    List<TensorInfo> kernels = recurrence.convolution().kernels().stream()
                            .map(name -> checkpoint.find(name).orElseThrow())
                            .toList();
                    long channels = kernels.stream()
                            .mapToLong(kernel -> kernel.shape().get(0))
                            .sum();
                    if (channels != recurrence.convolved()) {
                        throw new MalformedInputException(
                                kernels.get(0).file(),
                                kernels.get(0).name(),
                                "has, with those beside it, " + channels + " channels where " + config.getFileName()
                                        + " asks for " + recurrence.convolved(),
                                "");
                    }
                });
    }

    private static Stream<LinearRecurrence> recurrences(TokenMixer mixer) {
        if (mixer instanceof SideBySide several) {
            return several.parts().stream().flatMap(part -> recurrences(part.mixer()));
        }
        return mixer instanceof LinearRecurrence recurrence ? Stream.of(recurrence) : Stream.empty();
    }

    /** A single number may be stored with or without a dimension. */
    private static boolean fits(List<Long> shape, List<Long> wanted) {
        if (wanted.isEmpty() && shape.equals(List.of(1L))) {
            return true;
        }
        return shape.size() == wanted.size()
                && IntStream.range(0, shape.size())
                        .allMatch(i ->
                                wanted.get(i) == Parameter.ANY || shape.get(i).equals(wanted.get(i)));
    }
}
