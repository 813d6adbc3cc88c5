package io.github.swscan.architecture.family;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Linear.Layout;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.UnsupportedInputException;
import java.util.List;
import java.util.Optional;

/**
 * Which way round the matrices of experts lie that one tensor holds together: programs and their versions differ, and only
 * the shapes tell.
 */
public final class StackedExperts {

    private StackedExperts() {}

    /**
     * The same model with the matrices as the files have them. All matrices of a layer's experts lie the same way.
     *
     * @throws UnsupportedInputException if both ways fit all shapes
     */
    public static Architecture oriented(Architecture described, Checkpoint checkpoint) {
        return described.withBlocks(described.blocks().stream()
                .map(block ->
                        block.feedForward() instanceof Mixture mixture ? oriented(block, mixture, checkpoint) : block)
                .toList());
    }

    private static Block oriented(Block block, Mixture mixture, Checkpoint checkpoint) {
        List<Linear> stacked = mixture.experts().stream()
                .limit(1)
                .flatMap(Mlp::linears)
                .filter(linear -> linear.stack().filter(stack -> !stack.flat()).isPresent())
                .toList();
        if (stacked.isEmpty() || !stacked.stream().allMatch(linear -> fits(transposed(linear), checkpoint))) {
            return block;
        }
        if (stacked.stream().allMatch(linear -> fits(linear, checkpoint))) {
            Linear first = stacked.get(0);
            TensorInfo tensor = checkpoint.find(first.weight()).orElseThrow();
            throw new UnsupportedInputException(
                    tensor.file(),
                    first.weight(),
                    "has shape " + tensor.shape() + ", which does not tell inputs from outputs",
                    "");
        }
        return block.withFeedForward(mixture.withExperts(mixture.experts().stream()
                .map(expert -> expert.withLinears(StackedExperts::transposed))
                .toList()));
    }

    /** Whether a tensor is there and has the shape of such a matrix for each expert; how codes lie their layout says. */
    private static boolean fits(Linear linear, Checkpoint checkpoint) {
        Optional<TensorInfo> tensor = checkpoint.find(linear.weight());
        boolean byOutput = linear.layout() == Layout.OUTPUT_BY_INPUT;
        List<Long> shape = List.of(
                (long) linear.stack().orElseThrow().count(),
                (long) (byOutput ? linear.outputs() : linear.inputs()),
                (long) (byOutput ? linear.inputs() : linear.outputs()));
        return tensor.filter(found -> found.codes().isEmpty() && found.shape().equals(shape))
                .isPresent();
    }

    private static Linear transposed(Linear linear) {
        return new Linear(
                linear.weight(),
                linear.bias(),
                linear.layout() == Layout.OUTPUT_BY_INPUT ? Layout.INPUT_BY_OUTPUT : Layout.OUTPUT_BY_INPUT,
                linear.inputs(),
                linear.outputs(),
                linear.stack());
    }
}
