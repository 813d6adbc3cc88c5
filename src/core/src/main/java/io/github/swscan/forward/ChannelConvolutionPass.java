package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.ChannelConvolution;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Convolutions of channels of all branches, every sequence by itself; {@link ChannelConvolution} has the equation. */
final class ChannelConvolutionPass {

    private final CausalConvolution causal;
    private final Operations operations;
    private final Weights weights;

    ChannelConvolutionPass(Compute compute) {
        this.causal = new CausalConvolution(compute);
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /**
     * x + convolution(x), or x without a convolution: [rows, channels] -> the same, in float32 where there is one.
     *
     * @param past what the tokens before have left to it, where they are not in the sequences
     */
    NDArray apply(Optional<ChannelConvolution> convolution, NDArray x, Layout layout, Optional<Past.Layer> past) {
        return convolution
                .map(given -> {
                    NDArray precise = operations.toFloat32(x);
                    return operations.add(precise, convolved(given, precise, layout, past));
                })
                .orElse(x);
    }

    private NDArray convolved(ChannelConvolution convolution, NDArray x, Layout layout, Optional<Past.Layer> past) {
        NDArray kernel = weights.vector(convolution.kernel()).reshape(convolution.channels(), 1, convolution.length());
        CausalConvolution.Convolved convolved = causal.apply(
                x, kernel, layout, past.flatMap(tokens -> tokens.kept().stream().findFirst()), past.isPresent());
        past.ifPresent(tokens -> tokens.keep(convolved.last().orElseThrow()));
        return convolved.y();
    }

    /**
     * What each channel of a token's output is multiplied by on its way to that token, and then to each of the tokens
     * behind it, magnitudes only [length][channels].
     */
    float[][] factors(ChannelConvolution convolution) {
        float[] kernel = weights.vector(convolution.kernel()).toFloatArray();
        int length = convolution.length();
        float[][] factors = new float[length][convolution.channels()];
        for (int delay = 0; delay < length; delay++) {
            for (int channel = 0; channel < convolution.channels(); channel++) {
                float weight = kernel[(channel + 1) * length - 1 - delay];
                factors[delay][channel] = Math.abs(delay == 0 ? 1 + weight : weight);
            }
        }
        return factors;
    }
}
