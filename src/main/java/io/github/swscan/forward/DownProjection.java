package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A down projection at work: y = x Wᵀ (+ b) for the tokens of all branches, before y is added to the residual stream.
 * Valid only during the call of the {@link Probe} that it is given to.
 */
public final class DownProjection {

    private final int layer;
    private final Linear weight;
    private final ResidualStream stream;
    private final NDArray x;
    private final NDArray y;
    private final LinearMap linear;
    private final Operations operations;
    private final Weights weights;
    private final List<Branch> branches;
    private final Map<Branch, Branch> sources = new LinkedHashMap<>();

    DownProjection(
            int layer,
            Linear weight,
            ResidualStream stream,
            NDArray x,
            NDArray y,
            LinearMap linear,
            Operations operations,
            Weights weights) {
        this.layer = layer;
        this.weight = weight;
        this.stream = stream;
        this.x = x;
        this.y = y;
        this.linear = linear;
        this.operations = operations;
        this.weights = weights;
        this.branches = new ArrayList<>(stream.layout().branches());
    }

    public int layer() {
        return layer;
    }

    /** The weight matrix, as the architecture describes it. */
    public Linear weight() {
        return weight;
    }

    /** One stored weight. */
    public float value(int row, int column) {
        return weights.value(weight, row, column);
    }

    /** One row of W: what each input channel is multiplied by on its way to an output channel. */
    public float[] row(int row) {
        return weights.rows(weight, new int[] {row})[0];
    }

    /** What a branch puts in and gets out, over some of its sequences. */
    public Activations activations(Branch branch, List<Integer> sequences) {
        NDArray rows = weights.array(stream.layout().rowsOf(branch, sequences));
        return new Activations(
                stream.layout().sequences(),
                sequences,
                weight,
                operations.selectRows(stream.hidden(), rows),
                operations.selectRows(x, rows),
                operations.selectRows(y, rows),
                linear,
                operations,
                weights);
    }

    /**
     * Adds a branch that has been like another one up to here.
     *
     * @param source a branch that was in the pass when it reached this site; has all edits of {@code fork} that concern
     *     tensors read so far, and runs over all its sequences
     */
    public void fork(Branch source, Branch fork) {
        branches.add(fork);
        sources.put(fork, source);
    }

    /** Takes a branch out of the pass, from here on. */
    public void drop(Branch branch) {
        branches.remove(branch);
    }

    /** The residual stream after the MLP, with the branches that the probe asked for. */
    ResidualStream settle() {
        if (branches.equals(stream.layout().branches())) {
            return new ResidualStream(operations.add(stream.hidden(), y), stream.layout());
        }
        ResidualStream rearranged = stream.rearranged(branches, sources, operations, weights);
        Layout layout = rearranged.layout();
        NDArray output = operations.selectRows(y, weights.array(stream.sourceRows(layout, sources)));
        for (Map.Entry<Branch, Branch> fork : sources.entrySet()) {
            Branch branch = fork.getKey();
            List<WeightEdit> edits = branch.editsOf(weight.weight());
            if (branches.contains(branch) && !edits.isEmpty()) {
                NDArray input = operations.selectRows(
                        x, weights.array(stream.layout().rowsOf(fork.getValue(), branch.sequences())));
                NDArray rows = weights.array(layout.rowsOf(branch, branch.sequences()));
                output = linear.edited(weight, edits, input, output, rows);
            }
        }
        return new ResidualStream(operations.add(rearranged.hidden(), output), layout);
    }
}
