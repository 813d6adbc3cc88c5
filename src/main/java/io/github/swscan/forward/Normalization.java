package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Norm;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Precision;

/** Norms, computed in float32, and the passage to the type in which weights are multiplied. */
final class Normalization {

    private final Weights weights;
    private final Operations operations;
    private final Precision precision;

    Normalization(Weights weights, Operations operations, Precision precision) {
        this.weights = weights;
        this.operations = operations;
        this.precision = precision;
    }

    /** x [..., size] float32 -> the same shape, float32. */
    NDArray apply(Norm norm, NDArray x) {
        NDArray weight = weights.vector(norm.weight());
        return switch (norm.kind()) {
            case RMS -> operations.rmsNorm(x, weight, norm.epsilon());
            case LAYER ->
                operations.layerNorm(x, weight, weights.vector(norm.bias().orElseThrow()), norm.epsilon());
        };
    }

    NDArray toPrecision(NDArray x) {
        return switch (precision) {
            case FP32 -> x;
            case BF16 -> operations.toBfloat16(x);
        };
    }
}
