package io.github.swscan.architecture;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.InputException;
import io.github.swscan.checkpoint.MalformedInputException;
import io.github.swscan.checkpoint.TensorInfo;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors that an architecture reads, with their shapes; held against what a checkpoint has. */
public final class Parameters {

    private Parameters() {}

    /** Names and shapes of all tensors that the model reads, in the order in which it reads them. */
    public static Map<String, List<Long>> of(Architecture architecture) {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        long hidden = architecture.hiddenSize();
        shapes.put(architecture.embedding().tokens(), List.of((long) architecture.vocabularySize(), hidden));
        architecture
                .embedding()
                .positions()
                .ifPresent(name -> shapes.put(name, List.of((long) architecture.contextLength(), hidden)));
        for (Block block : architecture.blocks()) {
            add(shapes, block.attentionNorm());
            block.linears().forEach(linear -> add(shapes, linear));
            block.attention().queryNorm().ifPresent(norm -> add(shapes, norm));
            block.attention().keyNorm().ifPresent(norm -> add(shapes, norm));
            add(shapes, block.mlpNorm());
        }
        add(shapes, architecture.finalNorm());
        add(shapes, architecture.head());
        return shapes;
    }

    /**
     * Checks that a checkpoint has every tensor that the architecture reads, in the right shape and in a type that can
     * be computed with.
     *
     * @param location where the checkpoint lies, for messages about tensors that are missing
     * @throws InputException naming the first tensor that does not fit
     */
    public static void check(Architecture architecture, Checkpoint checkpoint, Path location) {
        of(architecture).forEach((name, shape) -> {
            TensorInfo tensor = checkpoint
                    .find(name)
                    .orElseThrow(() -> new MalformedInputException(
                            location,
                            name,
                            "the tensor is missing, though config.json describes a " + architecture.family()
                                    + " model of " + architecture.layers() + " layers",
                            ""));
            if (!tensor.shape().equals(shape)) {
                throw new MalformedInputException(
                        tensor.file(),
                        name,
                        "has shape " + tensor.shape() + " where config.json asks for " + shape,
                        "");
            }
            if (!tensor.dtype().isComputable()) {
                throw new UnsupportedInputException(
                        tensor.file(),
                        name,
                        "weights of type " + tensor.dtype() + " are not supported",
                        "supported are F64, F32, F16 and BF16");
            }
        });
    }

    private static void add(Map<String, List<Long>> shapes, Linear linear) {
        long inputs = linear.inputs();
        long outputs = linear.outputs();
        shapes.put(
                linear.weight(),
                switch (linear.layout()) {
                    case OUTPUT_BY_INPUT -> List.of(outputs, inputs);
                    case INPUT_BY_OUTPUT -> List.of(inputs, outputs);
                });
        linear.bias().ifPresent(name -> shapes.put(name, List.of(outputs)));
    }

    private static void add(Map<String, List<Long>> shapes, Norm norm) {
        shapes.put(norm.weight(), List.of((long) norm.size()));
        norm.bias().ifPresent(name -> shapes.put(name, List.of((long) norm.size())));
    }
}
