package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.InputConvolution;
import io.github.swscan.engine.Operations;

/** activation(convolution(h)) of an {@link InputConvolution}, every sequence of every branch by itself. */
final class InputConvolutionPass {

    private final Operations operations;
    private final Weights weights;

    InputConvolutionPass(Compute compute) {
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /** h [rows, hidden] float32 -> [rows, hidden]. */
    NDArray apply(InputConvolution convolution, NDArray h, Layout layout) {
        long channels = h.getShape().get(1);
        NDArray kernel = weights.vector(convolution.kernel())
                .reshape(channels, channels / convolution.groups(), convolution.length());
        NDList parts = new NDList();
        for (Layout.EqualSegments group : layout.groups()) {
            parts.add(operations.convolution(
                    operations.rows(h, group.start(), group.end()), kernel, group.tokens(), convolution.groups()));
        }
        NDArray convolved = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
        return operations.activate(
                convolution.activation().operation(),
                operations.addBias(convolved, weights.vector(convolution.bias())));
    }
}
