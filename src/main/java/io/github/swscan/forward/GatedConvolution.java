package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.engine.Operations;

/** Gated short convolutions of all branches, every sequence by itself. */
final class GatedConvolution {

    private final LinearMap linear;
    private final Normalization normalization;
    private final Operations operations;
    private final Weights weights;

    GatedConvolution(LinearMap linear, Normalization normalization, Operations operations, Weights weights) {
        this.linear = linear;
        this.normalization = normalization;
        this.operations = operations;
        this.weights = weights;
    }

    /** x [rows, hidden] -> [rows, hidden]. */
    NDArray apply(ShortConvolution convolution, NDArray x, Rows rows) {
        long channels = convolution.channels();
        NDArray parts = linear.apply(convolution.input(), x, rows); // [rows, 3 * channels]
        NDArray b = operations.columns(parts, 0, channels);
        NDArray c = operations.columns(parts, channels, 2 * channels);
        NDArray gated = operations.multiply(b, operations.columns(parts, 2 * channels, 3 * channels));
        NDArray mixed = convolved(convolution, operations.toFloat32(gated), rows.layout());
        return linear.apply(convolution.output(), operations.multiply(c, normalization.toPrecision(mixed)), rows);
    }

    /** x [rows, channels] float32 -> the same. */
    private NDArray convolved(ShortConvolution convolution, NDArray x, Layout layout) {
        NDArray kernel = weights.vector(convolution.kernel()).reshape(convolution.channels(), 1, convolution.length());
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            parts.add(operations.causalConvolution(
                    operations.rows(x, group.start(), group.end()), kernel, group.tokens()));
        }
        NDArray convolved = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
        return convolution
                .bias()
                .map(bias -> operations.addBias(convolved, weights.vector(bias)))
                .orElse(convolved);
    }
}
