package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;
import io.github.swscan.weight.WeightEdit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A down projection at work: y = x Wᵀ (+ b) for the tokens of all branches that go through it. Valid only during the call
 * of the {@link Probe} that it is given to.
 */
public final class DownProjection {

    private final OptionalInt expert;
    private final Linear weight;
    private final Rows rows;
    private final Optional<float[]> routingWeights;
    private final NDArray residual;
    private final NDArray x;
    private final NDArray y;
    private final LinearPass linear;
    private final Operations operations;
    private final Weights weights;

    /**
     * @param rows the rows of the residual stream that x and y are of
     * @param routingWeights what y is multiplied by on its way into the residual stream, one for each row; empty: nothing
     * @param residual the residual stream before y is added [all rows, hidden]
     */
    DownProjection(
            OptionalInt expert,
            Linear weight,
            Rows rows,
            Optional<float[]> routingWeights,
            NDArray residual,
            NDArray x,
            NDArray y,
            LinearPass linear,
            Operations operations,
            Weights weights) {
        this.expert = expert;
        this.weight = weight;
        this.rows = rows;
        this.routingWeights = routingWeights;
        this.residual = residual;
        this.x = x;
        this.y = y;
        this.linear = linear;
        this.operations = operations;
        this.weights = weights;
    }

    /** The expert of a mixture that it belongs to; empty for the only MLP of a block and for shared experts. */
    public OptionalInt expert() {
        return expert;
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

    /** What a branch puts in and gets out, over those tokens of some of its sequences that go through this expert. */
    public Activations activations(Branch branch, List<Integer> sequences) {
        long[] own = rows.of(branch, sequences);
        long[] all = rows.indexes();
        List<TokenPlace> tokens =
                Arrays.stream(own).mapToObj(row -> rows.token((int) row)).toList();
        return new Activations(
                tokens,
                weight,
                selected(residual, Arrays.stream(own).map(row -> all[(int) row]).toArray()),
                selected(x, own),
                selected(y, own),
                linear,
                operations,
                weights);
    }

    /** Some rows of an array, in ascending order; not copied where they lie side by side. */
    private NDArray selected(NDArray array, long[] ascending) {
        int count = ascending.length;
        boolean sideBySide = count > 0 && ascending[count - 1] - ascending[0] == count - 1;
        return sideBySide
                ? operations.rows(array, ascending[0], ascending[0] + count)
                : operations.selectRows(array, weights.array(ascending));
    }

    /**
     * The outputs for some rows of a layout.
     *
     * @param values [rows, hidden]
     */
    record Output(Rows rows, NDArray values, Optional<float[]> routingWeights) {}

    Output output() {
        return new Output(rows, y, routingWeights);
    }

    /**
     * The outputs with other branches, the edits of new ones made.
     *
     * @param sourceRows for every row of the new layout the row of the present one that it is a copy of
     * @param sources for every new branch the one that it comes from
     */
    Output rearranged(Layout layout, long[] sourceRows, Map<Branch, Branch> sources, LinearPass linear) {
        int[] places = rows.places();
        int[] newRows = IntStream.range(0, sourceRows.length)
                .filter(row -> places[(int) sourceRows[row]] >= 0)
                .toArray();
        long[] from = IntStream.of(newRows)
                .mapToLong(row -> places[(int) sourceRows[row]])
                .toArray();
        Rows rearranged = Rows.of(layout, newRows);
        NDArray values = operations.selectRows(y, weights.array(from));
        for (Branch branch : sources.keySet()) {
            List<WeightEdit> edits = branch.editsOf(weight);
            long[] own = edits.isEmpty() ? new long[0] : rearranged.of(branch);
            if (own.length > 0) {
                long[] inputs =
                        java.util.Arrays.stream(own).map(row -> from[(int) row]).toArray();
                values = linear.edited(
                        weight, edits, operations.selectRows(x, weights.array(inputs)), values, weights.array(own));
            }
        }
        return new Output(rearranged, values, routingWeights.map(all -> {
            float[] selected = new float[from.length];
            for (int i = 0; i < selected.length; i++) {
                selected[i] = all[(int) from[i]];
            }
            return selected;
        }));
    }
}
