package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Linear;
import java.util.List;

/**
 * The output projection of linear attention or a state space at work: y = x Wᵀ (+ b) for the tokens of all branches. Valid
 * only during the call of the {@link Probe} that it is given to.
 */
public final class RecurrenceOutput {

    private final int layer;
    private final Linear weight;
    private final NDArray x;
    private final NDArray y;
    private final Rows rows;
    private final Compute compute;

    /**
     * @param x [rows, channels of all heads]
     * @param y [rows, hidden]
     */
    RecurrenceOutput(int layer, Linear weight, NDArray x, NDArray y, Rows rows, Compute compute) {
        this.layer = layer;
        this.weight = weight;
        this.x = x;
        this.y = y;
        this.rows = rows;
        this.compute = compute;
    }

    /** The number of the block, from 0. */
    public int layer() {
        return layer;
    }

    /** The weight matrix, as the architecture describes it. */
    public Linear weight() {
        return weight;
    }

    /** What a branch puts in and gets out, over all tokens of some of its sequences. */
    public Activations activations(Branch branch, List<Integer> sequences) {
        return Activations.of(rows, branch, sequences, x, y, compute);
    }
}
