package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Convolutions of each channel by itself over a token and those before it, for all branches, every sequence by itself. */
final class CausalConvolution {

    private final Operations operations;

    CausalConvolution(Compute compute) {
        this.operations = compute.operations();
    }

    /**
     * What a convolution gives.
     *
     * @param y [rows, channels] float32
     * @param last the inputs that the tokens after these will need: of each sequence as many as the kernel reaches back to
     */
    record Convolved(NDArray y, Optional<NDArray> last) {}

    /**
     * @param x [rows, channels] float32
     * @param kernel [channels, 1, length] float32
     * @param before what {@link Convolved#last} was for the tokens before; empty before the first
     * @param continued whether tokens after these will go through the model alone
     */
    Convolved apply(NDArray x, NDArray kernel, Layout layout, Optional<NDArray> before, boolean continued) {
        return continued
                ? continued(x, kernel, layout, before)
                : new Convolved(whole(x, kernel, layout), Optional.empty());
    }

    private NDArray whole(NDArray x, NDArray kernel, Layout layout) {
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            parts.add(operations.causalConvolution(
                    operations.rows(x, group.start(), group.end()), kernel, group.tokens()));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }

    private Convolved continued(NDArray x, NDArray kernel, Layout layout, Optional<NDArray> before) {
        int sequences = layout.segments().size();
        NDArray all = before.map(kept -> Past.joined(kept, x, sequences)).orElse(x);
        long tokens = all.getShape().get(0) / sequences;
        long own = layout.rows() / sequences;
        NDArray convolved = operations.causalConvolution(all, kernel, tokens);
        long reach = kernel.getShape().get(2) - 1;
        return new Convolved(
                last(convolved, own, sequences), Optional.of(last(all, Math.min(tokens, reach), sequences)));
    }

    /** The last so many tokens of each sequence. */
    private NDArray last(NDArray x, long count, int sequences) {
        NDArray split = Past.split(x, sequences);
        long tokens = split.getShape().get(1);
        return Past.unsplit(operations.slice(split, 1, tokens - count, tokens));
    }
}
