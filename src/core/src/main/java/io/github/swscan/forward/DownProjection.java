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
    private final boolean writesStream;
    private final NDArray residual;
    private final NDArray x;
    private final Output output;
    private final Compute compute;
    private final Operations operations;
    private final Weights weights;

    /**
     * @param mlp the one whose down projection it is
     * @param writesStream whether its outputs are channels of the residual stream
     * @param residual the residual stream that y will be added to [all rows, hidden]
     * @param x for the rows of the output [rows, intermediate]
     */
    DownProjection(Mlp mlp, boolean writesStream, NDArray residual, NDArray x, Output output, Compute compute) {
        this.mlp = mlp;
        this.writesStream = writesStream;
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
    record Output(Rows rows, NDArray y, Optional<float[]> routingWeights) {

        /** The same for the branches that go on. */
        Output rearranged(Rearrangement rearrangement, Compute compute) {
            return rearrangement.isNone() ? this : moved(Moved.of(rows, rearrangement), compute);
        }

        private Output moved(Moved to, Compute compute) {
            return new Output(
                    to.rows(),
                    compute.operations().selectRows(y, compute.weights().array(to.from())),
                    routingWeights.map(all -> selected(all, to.from())));
        }
    }

    /**
     * Some rows of a layout, for the branches that go on.
     *
     * @param from for each of them which of the rows before it is
     */
    @SuppressWarnings("ArrayRecordComponent")
    private record Moved(Rows rows, long[] from) {

        static Moved of(Rows before, Rearrangement rearrangement) {
            int[] places = before.places();
            long[] sourceRows = rearrangement.sourceRows();
            int[] rows = IntStream.range(0, sourceRows.length)
                    .filter(row -> places[(int) sourceRows[row]] >= 0)
                    .toArray();
            long[] from = IntStream.of(rows)
                    .mapToLong(row -> places[(int) sourceRows[row]])
                    .toArray();
            return new Moved(Rows.of(rearrangement.layout(), rows), from);
        }
    }

    /** The expert of a mixture that it belongs to; empty for the only MLP of a block and for shared experts. */
    public OptionalInt expert() {
        return mlp.expert();
    }

    /** The weight matrix, as the architecture describes it. */
    public Linear weight() {
        return mlp.down();
    }

    /** Whether its outputs are channels of the residual stream, not of a narrower vector. */
    public boolean writesStream() {
        return writesStream;
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
        return Activations.of(output.rows(), branch, sequences, x, output.y(), compute);
    }

    /** What stands in the residual stream for a token of a branch, before the output is added [hidden]. */
    public float[] residual(Branch branch, TokenPlace place) {
        long row = Rows.all(output.rows().layout()).of(branch, List.of(place.sequence()))[place.position()];
        return operations.toFloat32(operations.rows(residual, row, row + 1)).toFloatArray();
    }

    /** The output for the branches that go on, with the edits of those that enter here. */
    Output output(Rearrangement rearrangement) {
        if (rearrangement.isNone()) {
            return output;
        }
        Moved moved = Moved.of(output.rows(), rearrangement);
        Output kept = output.moved(moved, compute);
        NDArray y = kept.y();
        for (Branch branch : rearrangement.sources().keySet()) {
            y = edited(branch, moved.rows(), moved.from(), y);
        }
        return new Output(moved.rows(), y, kept.routingWeights());
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
