package io.github.swscan.architecture;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.List;

/**
 * How config.json says that weights were quantized, where the stored numbers times their scales are the weights: in 8-bit
 * floating point. What the same options say of activations and of the key-value cache does not matter to weights.
 *
 * @param config for messages
 * @param option of config.json that says so, for messages
 * @param blocks the sizes of the blocks that share a scale; empty: any
 */
public record Quantization(Path config, String option, List<Block> blocks) {

    /** So many rows and columns of a matrix, or as many as there are. */
    public record Block(long rows, long columns) {}

    public Quantization {
        blocks = List.copyOf(blocks);
    }

    /**
     * Checks that a weight is what this says.
     *
     * @throws InputException if it has no scales though it must, or scales of other blocks
     */
    public void check(TensorInfo weight) {
        if (weight.dtype().isFloat8() && weight.scales().isEmpty()) {
            throw new MalformedInputException(
                    weight.file(),
                    weight.name(),
                    "is " + weight.dtype() + " and has no scales, which " + option + " of config.json asks for",
                    "download the model again");
        }
        weight.scales().ifPresent(scales -> {
            if (!blocks.isEmpty()
                    && blocks.stream()
                            .noneMatch(block -> scales.areFor(weight.shape(), block.rows(), block.columns()))) {
                throw new MalformedInputException(
                        weight.file(),
                        scales.tensor(),
                        "has a scale for each %d by %d numbers, which is not what %s of config.json says"
                                .formatted(scales.rows(), scales.columns(), option),
                        "download the model again");
            }
        });
    }
}
