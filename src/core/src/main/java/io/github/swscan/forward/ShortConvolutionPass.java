package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Gated short convolutions of all branches, every sequence by itself; {@link ShortConvolution} has the equation. */
final class ShortConvolutionPass {

    private final CausalConvolution causal;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;

    ShortConvolutionPass(Compute compute) {
        this.causal = new CausalConvolution(compute);
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
        CausalConvolution.Convolved convolved = causal.apply(
                x, kernel, layout, past.flatMap(tokens -> tokens.kept().stream().findFirst()), past.isPresent());
        past.ifPresent(tokens -> tokens.keep(convolved.last().orElseThrow()));
        return convolution
                .bias()
                .map(bias -> operations.addBias(convolved.y(), weights.vector(bias)))
                .orElse(convolved.y());
    }
}
