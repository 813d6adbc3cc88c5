package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.engine.Operations;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A down projection at work: y = x Wᵀ (+ b) for the tokens of all branches that go through it. Valid only during the call
 * of the {@link Probe} that it is given to.
 */
public final class DownProjection {

    private final Mlp mlp;
    private final NDArray residual;
    private final NDArray x;
    private final Output output;
    private final Compute compute;
    private final Operations operations;
    private final Weights weights;

    /**
     * @param mlp the one whose down projection it is
     * @param residual the residual stream that y will be added to [all rows, hidden]
     * @param x for the rows of the output [rows, intermediate]
     */
    DownProjection(Mlp mlp, NDArray residual, NDArray x, Output output, Compute compute) {
        this.mlp = mlp;
        this.residual = residual;
        this.x = x;
        this.output = output;
        this.compute = compute;
        this.operations = compute.operations();
        this.weights = compute.weights();
    }

    /**
     * What a down projection gives for some rows of a layout.
     *
     * @param y [rows, hidden]
     * @param routingWeights what y is multiplied by on its way into the residual stream, one for each row; empty: nothing
     */
    record Output(Rows rows, NDArray y, Optional<float[]> routingWeights) {}

    /** The expert of a mixture that it belongs to; empty for the only MLP of a block and for shared experts. */
    public OptionalInt expert() {
        return mlp.expert();
    }

    /** The weight matrix, as the architecture describes it. */
    public Linear weight() {
        return mlp.down();
    }

    /** One stored weight. */
    public float value(int row, int column) {
        return weights.value(weight(), row, column);
    }

    /**
     * The largest |W[r, c]| factors[r] of every column c. Reads W once more, which the pass has just read.
     *
     * @param factors [hidden], none negative
     * @return [intermediate]
     */
    public float[] columnPeaks(float[] factors) {
        return compute.linear().columnPeaks(weight(), factors);
    }

    /** One column of W as stored: what an input channel is multiplied by on its way to each output channel [hidden]. */
    public float[] column(int column) {
        return weights.column(weight(), column);
    }

    /** What y is multiplied by on its way into the residual stream, for a branch's tokens of some sequences, in order. */
    public float[] routingWeights(Branch branch, List<Integer> sequences) {
        long[] own = output.rows().of(branch, sequences);
        return output.routingWeights().map(all -> selected(all, own)).orElseGet(() -> {
            float[] ones = new float[own.length];
            Arrays.fill(ones, 1);
            return ones;
        });
    }

    /** One row of W as stored: what each input channel is multiplied by on its way to an output channel. */
    public float[] row(int row) {
        return weights.rows(weight(), new int[] {row})[0];
    }

    /** What a branch puts in and gets out, over those tokens of some of its sequences that go through this expert. */
    public Activations activations(Branch branch, List<Integer> sequences) {
        Rows rows = output.rows();
        long[] own = rows.of(branch, sequences);
        long[] all = rows.indexes();
        List<TokenPlace> tokens =
                Arrays.stream(own).mapToObj(row -> rows.token((int) row)).toList();
        return new Activations(
                tokens,
                selected(residual, Arrays.stream(own).map(row -> all[(int) row]).toArray()),
                selected(x, own),
                selected(output.y(), own),
                operations);
    }

    /** Some rows of an array, in ascending order; not copied where they lie side by side. */
    private NDArray selected(NDArray array, long[] ascending) {
        int count = ascending.length;
        boolean sideBySide = count > 0 && ascending[count - 1] - ascending[0] == count - 1;
        return sideBySide
                ? operations.rows(array, ascending[0], ascending[0] + count)
                : operations.selectRows(array, weights.array(ascending));
    }

    /** The output for the branches that go on, with the edits of those that enter here. */
    Output output(Rearrangement rearrangement) {
        if (rearrangement.isNone()) {
            return output;
        }
        // Of the rows afterwards, those that go through this projection, and for each of them where x and y have it.
        int[] places = output.rows().places();
        long[] sourceRows = rearrangement.sourceRows();
        int[] newRows = IntStream.range(0, sourceRows.length)
                .filter(row -> places[(int) sourceRows[row]] >= 0)
                .toArray();
        long[] from = IntStream.of(newRows)
                .mapToLong(row -> places[(int) sourceRows[row]])
                .toArray();
        Rows rows = Rows.of(rearrangement.layout(), newRows);

        NDArray y = operations.selectRows(output.y(), weights.array(from)); // [rows, hidden]
        for (Branch branch : rearrangement.sources().keySet()) {
            y = edited(branch, rows, from, y);
        }
        return new Output(rows, y, output.routingWeights().map(all -> selected(all, from)));
    }

    /** y [rows, hidden] with the edits of a branch made in its rows, which have been like those of its source so far. */
    private NDArray edited(Branch branch, Rows rows, long[] from, NDArray y) {
        MatrixEdits edits = branch.editsOf(weight());
        long[] own = edits.changesWeights() ? rows.of(branch) : new long[0];
        if (own.length == 0) {
            return y;
        }
        long[] inputs = Arrays.stream(own).map(row -> from[(int) row]).toArray();
        NDArray input = operations.selectRows(x, weights.array(inputs)); // [rows of the branch, intermediate]
        return compute.linear().edited(weight(), branch.transformOf(weight()), edits, input, y, weights.array(own));
    }

    private static float[] selected(float[] values, long[] indexes) {
        float[] selected = new float[indexes.length];
        for (int i = 0; i < selected.length; i++) {
            selected[i] = values[(int) indexes[i]];
        }
        return selected;
    }
}
