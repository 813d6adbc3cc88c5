package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Norm;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Precision;
import java.util.List;
import java.util.Optional;

/** Norms, computed in float32, and the passage to the type in which weights are multiplied. */
final class NormPass {

    private final Weights weights;
    private final Operations operations;
    private final Precision precision;

    NormPass(Weights weights, Operations operations, Precision precision) {
        this.weights = weights;
        this.operations = operations;
        this.precision = precision;
    }

    /** x [..., size] float32 -> the same shape, float32; x itself without a norm. */
    NDArray apply(Optional<Norm> norm, NDArray x) {
        return norm.map(given -> apply(given, x)).orElse(x);
    }

    /** x [..., size], or [..., heads, size] where heads have scales of their own; float32 -> the same shape, float32. */
    NDArray apply(Norm norm, NDArray x) {
        NDArray normed =
                switch (norm.kind()) {
                    case RMS -> operations.rmsNorm(x, norm.epsilon());
                    case LAYER -> operations.layerNorm(x, norm.epsilon());
                };
        if (!norm.weights().isEmpty()) {
            NDArray scales = scales(norm, norm.weights());
            normed = operations.multiplyInPlace(
                    normed, norm.addedToWeight() == 0 ? scales : operations.addNumber(scales, norm.addedToWeight()));
        }
        return norm.biases().isEmpty() ? normed : operations.add(normed, scales(norm, norm.biases()));
    }

    /**
     * Multiplies into given factors what the norm multiplies each entry of x by, magnitudes only.
     *
     * @param x [tokens, size] float32
     * @param tokens [tokens]
     * @param channels [size]
     */
    void multiplyFactors(Norm norm, NDArray x, float[] tokens, float[] channels) {
        float[] values = x.toFloatArray();
        for (int token = 0; token < tokens.length; token++) {
            double sum = 0;
            double squares = 0;
            for (int i = token * channels.length; i < (token + 1) * channels.length; i++) {
                sum += values[i];
                squares += (double) values[i] * values[i];
            }
            double mean = norm.kind() == Norm.Kind.LAYER ? sum / channels.length : 0;
            tokens[token] /= (float) Math.sqrt(squares / channels.length - mean * mean + norm.epsilon());
        }
        if (!norm.weights().isEmpty()) {
            float[] stored = scales(norm, norm.weights()).toFloatArray();
            for (int channel = 0; channel < channels.length; channel++) {
                channels[channel] *= Math.abs(stored[channel] + (float) norm.addedToWeight());
            }
        }
    }

    /** [size], or [heads, size]. */
    private NDArray scales(Norm norm, List<String> tensors) {
        NDList parts = new NDList(tensors.stream().map(weights::vector).toList());
        NDArray all = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
        int heads = norm.rows().orElse(tensors.size());
        return heads == 1 ? all : all.reshape(heads, norm.size());
    }

    /** x float32 -> the same in the type in which weights are multiplied. */
    NDArray toPrecision(NDArray x) {
        return switch (precision) {
            case FP32 -> x;
            case BF16 -> operations.toBfloat16(x);
        };
    }
}
