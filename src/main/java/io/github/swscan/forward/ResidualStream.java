package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.engine.Operations;
import java.util.List;
import java.util.Map;

/**
 * The residual stream between two blocks.
 *
 * @param hidden [rows, hidden] float32
 * @param layout what the rows are
 */
record ResidualStream(NDArray hidden, Layout layout) implements AutoCloseable {

    /**
     * The stream with other branches.
     *
     * @param branches those that shall be in it
     * @param sources for every branch that is not in it yet, the one whose rows it starts with
     */
    ResidualStream rearranged(
            List<Branch> branches, Map<Branch, Branch> sources, Operations operations, Weights weights) {
        Layout rearranged = Layout.of(layout.sequences(), branches);
        NDArray index = weights.array(sourceRows(rearranged, sources));
        return new ResidualStream(operations.selectRows(hidden, index), rearranged);
    }

    /** For every row of another layout the row of this one that it is a copy of. */
    long[] sourceRows(Layout rearranged, Map<Branch, Branch> sources) {
        return rearranged.branches().stream()
                .map(branch -> layout.rowsOf(sources.getOrDefault(branch, branch), branch.sequences()))
                .flatMapToLong(java.util.Arrays::stream)
                .toArray();
    }

    @Override
    public void close() {
        hidden.close();
    }
}
