package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;

/**
 * The residual stream between two blocks.
 *
 * @param hidden [rows, hidden] float32
 * @param layout which row is which token of which branch
 */
record ResidualStream(NDArray hidden, Layout layout) implements AutoCloseable {

    @Override
    public void close() {
        hidden.close();
    }
}
