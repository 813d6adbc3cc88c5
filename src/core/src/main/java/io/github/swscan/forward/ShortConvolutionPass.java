package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Gated short convolutions of all branches, every sequence by itself; {@link ShortConvolution} has the equation. */
final class ShortConvolutionPass {

    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    ShortConvolutionPass(Compute compute) {
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(ShortConvolution convolution, NDArray x, Rows rows, Optional<Past.Layer> past) {
        long channels = convolution.channels();
        NDArray parts = linear.apply(convolution.input(), x, rows); // [rows, 3 * channels]
        NDArray b = operations.columns(parts, 0, channels);
        NDArray c = operations.columns(parts, channels, 2 * channels);
        NDArray gated = operations.multiply(b, operations.columns(parts, 2 * channels, 3 * channels));
        NDArray mixed = convolved(convolution, operations.toFloat32(gated), rows.layout(), past);
        return linear.apply(convolution.output(), operations.multiply(c, norm.toPrecision(mixed)), rows);
    }

    /** x [rows, channels] float32 -> the same. */
    private NDArray convolved(ShortConvolution convolution, NDArray x, Layout layout, Optional<Past.Layer> past) {
        NDArray kernel = weights.vector(convolution.kernel()).reshape(convolution.channels(), 1, convolution.length());
        NDArray convolved = past.map(tokens -> convolved(convolution, kernel, x, layout, tokens))
                .orElseGet(() -> convolved(kernel, x, layout));
        return convolution
                .bias()
                .map(bias -> operations.addBias(convolved, weights.vector(bias)))
                .orElse(convolved);
    }

    private NDArray convolved(NDArray kernel, NDArray x, Layout layout) {
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            parts.add(operations.causalConvolution(
                    operations.rows(x, group.start(), group.end()), kernel, group.tokens()));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }

    /** The same after remembered tokens: of these as many as the kernel reaches back to. */
    private NDArray convolved(ShortConvolution convolution, NDArray kernel, NDArray x, Layout layout, Past.Layer past) {
        int sequences = layout.segments().size();
        NDArray all = past.kept().isEmpty() ? x : Past.joined(past.kept().get(0), x, sequences);
        long tokens = all.getShape().get(0) / sequences;
        long own = layout.rows() / sequences;
        NDArray convolved = operations.causalConvolution(all, kernel, tokens);
        past.keep(last(all, Math.min(tokens, convolution.length() - 1L), sequences));
        return last(convolved, own, sequences);
    }

    /** The last so many tokens of each sequence. */
    private NDArray last(NDArray x, long count, int sequences) {
        NDArray split = Past.split(x, sequences);
        long tokens = split.getShape().get(1);
        return Past.unsplit(operations.slice(split, 1, tokens - count, tokens));
    }
}
