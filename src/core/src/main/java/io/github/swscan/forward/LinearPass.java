package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Bottleneck;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.SpikeMean;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * y = x Wᵀ (+ b) for all branches at once.
 *
 * <p>One multiplication with the stored W serves every branch that has no other version of W, see {@link
 * WeightTransform}; one more serves all that have the same other version. Where a branch has edits in W, its output
 * channels that edits of single weights or rows touch are then computed again with the edited rows: exact, where
 * subtracting the removed contribution from y would leave the rounding error of a huge number behind. A column of W is
 * scaled by scaling, in the branch's rows of x, the input channel that it multiplies.
 */
final class LinearPass {

    private final Weights weights;
    private final Operations operations;
    private final Branch original;

    /** @param original the unedited model, whose rows are in every layout */
    LinearPass(Weights weights, Operations operations, Branch original) {
        this.weights = weights;
        this.operations = operations;
        this.original = original;
    }

    /** The same with what an adapter of these rows gives. */
    NDArray apply(Linear linear, Optional<Bottleneck> adapter, NDArray x, Rows rows) {
        NDArray y = apply(linear, x, rows);
        return adapter.map(given -> operations.add(y, apply(given.widen(), apply(given.narrow(), x, rows), rows)))
                .orElse(y);
    }

    /** x [rows, inputs] -> [rows, outputs], in the type of x. */
    NDArray apply(Linear linear, NDArray x, Rows rows) {
        NDArray inputs = x;
        for (Branch branch : rows.layout().branches()) {
            MatrixEdits edits = branch.editsOf(linear);
            if (!edits.columns().isEmpty()) {
                inputs = columnsScaled(edits, inputs, weights.array(rows.of(branch)));
            }
        }
        NDArray y = biased(linear, products(linear, inputs, rows));
        for (Branch branch : rows.layout().branches()) {
            MatrixEdits edits = branch.editsOf(linear);
            if (edits.changesRows()) {
                NDArray edited = weights.array(rows.of(branch));
                NDArray own = operations.selectRows(inputs, edited);
                y = rowsChanged(linear, branch.transformOf(linear), edits, own, y, edited);
            }
            for (SpikeMean mean : edits.means()) {
                y = meanPutBack(linear, mean.coordinate(), inputs, y, branch, rows);
            }
            for (Restoration restoration : edits.restorations()) {
                y = restored(y, restoration.row(), branch, rows);
            }
        }
        return y;
    }

    /**
     * y with the mean of a weight's contribution in the original, over its spike tokens, added at these tokens of a branch.
     */
    private NDArray meanPutBack(Linear linear, Coordinate weight, NDArray x, NDArray y, Branch branch, Rows rows) {
        float value = weights.value(linear, weight.row(), weight.column());
        float[] inputs = entries(x, weight.column());
        long[] originals = rows.of(original, branch.sequences());
        float[] contributions = new float[originals.length];
        for (int i = 0; i < contributions.length; i++) {
            contributions[i] = value * inputs[(int) originals[i]];
        }
        SpikeTokens spikes = SpikeTokens.of(contributions);
        Set<TokenPlace> places = spikes.tokens().stream()
                .map(token -> rows.token((int) originals[token]))
                .collect(Collectors.toSet());
        float[] outputs = entries(y, weight.row());
        for (long row : rows.of(branch)) {
            if (places.contains(rows.token((int) row))) {
                outputs[(int) row] += spikes.mean();
            }
        }
        return withEntries(y, weight.row(), outputs);
    }

    /** All entries of a channel [rows]. */
    private float[] entries(NDArray array, int channel) {
        return operations
                .toFloat32(operations.columns(array, channel, channel + 1L))
                .toFloatArray();
    }

    /** y, which the caller has made, with other entries in a channel. */
    private NDArray withEntries(NDArray y, int channel, float[] entries) {
        long[] all = LongStream.range(0, entries.length).toArray();
        return operations.replaceInPlace(
                y, weights.array(all), weights.array(new long[] {channel}), weights.array(entries));
    }

    /** y with the original's largest entry in a channel put into the same token's row of a branch, in every sequence. */
    private NDArray restored(NDArray y, int channel, Branch branch, Rows rows) {
        float[] entries = entries(y, channel);
        float[] restored = entries.clone();
        Map<Integer, Integer> peaks = new HashMap<>(); // the row of each sequence's
        for (long row : rows.of(original, branch.sequences())) {
            peaks.merge(
                    rows.token((int) row).sequence(),
                    (int) row,
                    (peak, other) -> Math.abs(entries[other]) > Math.abs(entries[peak]) ? other : peak);
        }
        for (long row : rows.of(branch)) {
            TokenPlace token = rows.token((int) row);
            Integer peak = peaks.get(token.sequence());
            if (peak != null && rows.token(peak).equals(token)) {
                restored[(int) row] = entries[peak];
            }
        }
        return withEntries(y, channel, restored);
    }

    /** The same for a map that is as it is stored in every branch. */
    NDArray apply(Linear linear, NDArray x) {
        return biased(linear, product(linear, x));
    }

    /**
     * The largest |W[r, c]| factors[r] of every column c.
     *
     * @param factors [outputs], none negative
     * @return [inputs]
     */
    float[] columnPeaks(Linear linear, float[] factors) {
        float[] peaks = new float[linear.inputs()];
        for (WeightSlice slice : weights.slices(linear)) {
            int first = Math.toIntExact(slice.firstRow());
            NDArray stored = weights.matrixAsStored(slice);
            switch (linear.layout()) {
                case OUTPUT_BY_INPUT -> {
                    float[] own = Arrays.copyOfRange(factors, first, first + Math.toIntExact(slice.rows()));
                    float[] part = operations.columnPeaks(stored, own);
                    for (int column = 0; column < peaks.length; column++) {
                        peaks[column] = Math.max(peaks[column], part[column]);
                    }
                }
                case INPUT_BY_OUTPUT -> {
                    float[] part = operations.rowPeaks(stored, factors);
                    System.arraycopy(part, 0, peaks, first, part.length);
                }
            }
        }
        return peaks;
    }

    /**
     * √Σ_r (W[r, c] factors[r])² of every column c.
     *
     * @param factors [outputs]
     * @return [inputs]
     */
    float[] columnNorms(Linear linear, float[] factors) {
        double[] squares = new double[linear.inputs()];
        for (int column = 0; column < squares.length; column++) {
            float[] entries = weights.column(linear, column);
            for (int row = 0; row < entries.length; row++) {
                double entry = (double) entries[row] * factors[row];
                squares[column] += entry * entry;
            }
        }
        float[] norms = new float[squares.length];
        for (int column = 0; column < norms.length; column++) {
            norms[column] = (float) Math.sqrt(squares[column]);
        }
        return norms;
    }

    /** Whether some rows are multiplied with W as it is stored. */
    boolean takesStored(Linear linear, Rows rows) {
        return rows.anyOf(branch -> !branch.transform().changes(linear));
    }

    private NDArray biased(Linear linear, NDArray y) {
        return linear.bias().isPresent() ? operations.addBias(y, weights.bias(linear)) : y;
    }

    /**
     * Makes edits of W for rows that went through without them; what is put back is left out.
     *
     * @param transform the version of W that the edits are made in
     * @param x the inputs of these rows [n, inputs]
     * @param y [rows, outputs], which the caller has made
     * @param rows which rows of y those are [n]
     * @return y itself, with these rows as the edited W gives them
     */
    NDArray edited(Linear linear, WeightTransform transform, MatrixEdits edits, NDArray x, NDArray y, NDArray rows) {
        if (edits.columns().isEmpty()) {
            return edits.changesRows() ? rowsChanged(linear, transform, edits, x, y, rows) : y;
        }
        NDArray every = weights.array(LongStream.range(0, x.getShape().get(0)).toArray());
        NDArray inputs = columnsScaled(edits, x, every);
        NDArray channels = weights.array(LongStream.range(0, linear.outputs()).toArray());
        operations.replaceInPlace(y, rows, channels, biased(linear, version(linear, transform, inputs)));
        return edits.changesRows() ? rowsChanged(linear, transform, edits, inputs, y, rows) : y;
    }

    /** x [rows, inputs] with the input channels scaled, in some rows, whose columns of W are. */
    private NDArray columnsScaled(MatrixEdits edits, NDArray x, NDArray rows) {
        NDArray scaled = x;
        boolean copied = false;
        for (ColumnEdit edit : edits.columns()) {
            NDArray channel = operations.columns(scaled, edit.column(), edit.column() + 1L); // [rows, 1]
            NDArray values = operations.multiplyByNumber(operations.selectRows(channel, rows), edit.factor());
            NDArray columnIndex = weights.array(new long[] {edit.column()});
            scaled = copied
                    ? operations.replaceInPlace(scaled, rows, columnIndex, values)
                    : operations.replace(scaled, rows, columnIndex, values);
            copied = true;
        }
        return scaled;
    }

    /** Computes the output channels again whose rows of W are changed. Shapes as in {@link #edited}. */
    private NDArray rowsChanged(
            Linear linear, WeightTransform transform, MatrixEdits edits, NDArray x, NDArray y, NDArray rows) {
        int[] channels = edits.changedRows();
        float[][] weightRows = weights.rows(linear, channels, transform);
        edits.change(weightRows);
        NDArray values = operations.products(x, weights.array(weightRows)); // [n, channels]
        NDArray channelIndex =
                weights.array(Arrays.stream(channels).asLongStream().toArray());
        if (linear.bias().isPresent()) {
            values = operations.addBias(values, operations.selectRows(weights.bias(linear), channelIndex));
        }
        return operations.replaceInPlace(y, rows, channelIndex, values);
    }

    /** x Wᵀ with the version of W that each row's branch has [rows, outputs]. */
    private NDArray products(Linear linear, NDArray x, Rows rows) {
        if (rows.layout().branches().stream()
                .noneMatch(branch -> branch.transform().changes(linear))) {
            return product(linear, x);
        }
        NDList parts = new NDList();
        long[] places = new long[rows.count()]; // of each row among the parts, which lie one after the other
        int first = 0;
        for (Map.Entry<WeightTransform, long[]> group :
                rows.groupedBy(branch -> branch.transformOf(linear)).entrySet()) {
            WeightTransform transform = group.getKey();
            long[] own = group.getValue();
            NDArray input = operations.selectRows(x, weights.array(own)); // [rows of the group, inputs]
            parts.add(version(linear, transform, input)); // [rows of the group, outputs]
            for (long row : own) {
                places[(int) row] = first++;
            }
        }
        return operations.selectRows(joined(parts, 0), weights.array(places));
    }

    private NDArray version(Linear linear, WeightTransform transform, NDArray x) {
        return transform == WeightTransform.IDENTITY ? product(linear, x) : product(linear, transform, x);
    }

    private NDArray product(Linear linear, NDArray x) {
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT -> productByOutputs(linear, x);
            case INPUT_BY_OUTPUT -> productByInputs(linear, x);
        };
    }

    /** A weight larger than a slice gives its output channels one part after the other. */
    private NDArray productByOutputs(Linear linear, NDArray x) {
        NDList parts = new NDList();
        for (WeightSlice slice : weights.slices(linear)) {
            parts.add(operations.linear(x, weights.matrix(linear, slice.firstRow(), slice.rows())));
        }
        return joined(parts, -1);
    }

    /** Another version of W gives its output channels one part after the other; each part is freed when it is used. */
    private NDArray product(Linear linear, WeightTransform transform, NDArray x) {
        NDList parts = new NDList();
        int step = weights.rowsPerTransformed(linear);
        for (int first = 0; first < linear.outputs(); first += step) {
            int start = first;
            int end = Math.min(first + step, linear.outputs());
            parts.add(Scoped.result(() -> operations.linear(x, weights.transformed(linear, transform, start, end))));
        }
        return joined(parts, -1);
    }

    private static NDArray joined(NDList parts, int dimension) {
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, dimension);
    }

    /** A weight larger than a slice gives the products with its input channels one part after the other. */
    private NDArray productByInputs(Linear linear, NDArray x) {
        List<WeightSlice> slices = weights.slices(linear);
        NDArray sum = null;
        for (WeightSlice slice : slices) {
            long first = slice.firstRow();
            NDArray inputs = slices.size() == 1 ? x : operations.columns(x, first, first + slice.rows());
            NDArray part = operations.linearTransposed(inputs, weights.matrix(linear, first, slice.rows()));
            sum = sum == null ? part : operations.add(sum, part);
        }
        return sum;
    }
}
