package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Operations;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.WeightEdit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * y = x Wᵀ (+ b) for all branches at once.
 *
 * <p>One multiplication with the stored W serves every branch. Where a branch has edits in W, its output channels that
 * they touch are then computed again with the edited rows of W: exact, where subtracting the removed contribution from
 * y would leave the rounding error of a huge number behind.
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

    /** x [rows, inputs] -> [rows, outputs], in the type of x. */
    NDArray apply(Linear linear, NDArray x, Rows rows) {
        NDArray y = apply(linear, x);
        for (Branch branch : rows.layout().branches()) {
            List<WeightEdit> edits = branch.editsOf(linear);
            if (!edits.isEmpty()) {
                NDArray edited = weights.array(rows.of(branch));
                y = edited(linear, edits, operations.selectRows(x, edited), y, edited);
            }
            for (Restoration restoration : branch.restorationsOf(linear)) {
                y = restored(y, restoration.row(), branch, rows);
            }
        }
        return y;
    }

    /** y with the original's largest entry in a channel put into the same token's row of a branch, in every sequence. */
    private NDArray restored(NDArray y, int channel, Branch branch, Rows rows) {
        float[] entries = operations
                .toFloat32(operations.columns(y, channel, channel + 1L))
                .toFloatArray(); // [rows]
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
        long[] all = LongStream.range(0, restored.length).toArray();
        return operations.replace(y, weights.array(all), weights.array(new long[] {channel}), weights.array(restored));
    }

    /** The same for a map that no branch edits. */
    NDArray apply(Linear linear, NDArray x) {
        NDArray y = product(linear, x);
        return linear.bias().isPresent() ? operations.addBias(y, weights.bias(linear)) : y;
    }

    /**
     * Computes the output channels that edits touch again.
     *
     * @param x the inputs of the rows to be changed [n, inputs]
     * @param y [rows, outputs]
     * @param rows which rows of y those are [n]
     * @return y with the touched channels of these rows replaced
     */
    NDArray edited(Linear linear, List<WeightEdit> edits, NDArray x, NDArray y, NDArray rows) {
        int[] channels =
                edits.stream().mapToInt(WeightEdit::row).distinct().sorted().toArray();
        float[][] weightRows = weights.rows(linear, channels);
        for (WeightEdit edit : edits) {
            weightRows[Arrays.binarySearch(channels, edit.row())][edit.column()] = edit.value();
        }
        NDArray values = operations.products(x, weights.array(weightRows)); // [n, channels]
        NDArray channelIndex =
                weights.array(Arrays.stream(channels).asLongStream().toArray());
        if (linear.bias().isPresent()) {
            values = operations.addBias(values, operations.selectRows(weights.bias(linear), channelIndex));
        }
        return operations.replace(y, rows, channelIndex, values);
    }

    private NDArray product(Linear linear, NDArray x) {
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT -> productByOutputs(linear, x);
            case INPUT_BY_OUTPUT -> productByInputs(linear, x);
        };
    }

    /** A weight larger than a slice gives its output channels one part after the other. */
    private NDArray productByOutputs(Linear linear, NDArray x) {
        List<NDArray> parts = new ArrayList<>();
        for (WeightSlice slice : weights.slices(linear)) {
            parts.add(operations.linear(x, weights.matrix(linear, slice.firstRow(), slice.rows())));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), -1);
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
