package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Where the rows of a residual stream come to lie when branches enter the pass and leave it. */
final class Rearrangement {

    private final Layout layout;
    private final long[] sourceRows;
    private final Map<Branch, Branch> sources;
    private final boolean isNone;

    private Rearrangement(Layout layout, long[] sourceRows, Map<Branch, Branch> sources, boolean isNone) {
        this.layout = layout;
        this.sourceRows = sourceRows;
        this.sources = sources;
        this.isNone = isNone;
    }

    /**
     * @param before how the rows lie so far
     * @param branches those that are in the pass from here on
     * @param sources for every branch that is not in it yet, the one whose rows it starts with; that one need not stay
     */
    static Rearrangement of(Layout before, List<Branch> branches, Map<Branch, Branch> sources) {
        if (branches.equals(before.branches())) {
            return new Rearrangement(
                    before, IntStream.range(0, before.rows()).asLongStream().toArray(), Map.of(), true);
        }
        Layout layout = Layout.of(before.sequences(), branches);
        long[] sourceRows = layout.branches().stream()
                .map(branch -> before.rowsOf(sources.getOrDefault(branch, branch), branch.sequences()))
                .flatMapToLong(Arrays::stream)
                .toArray();
        return new Rearrangement(layout, sourceRows, sources, false);
    }

    /** Whether all rows stay where they are. */
    boolean isNone() {
        return isNone;
    }

    /** How the rows lie afterwards. */
    Layout layout() {
        return layout;
    }

    /** For every row afterwards the row before that it is a copy of. */
    long[] sourceRows() {
        return sourceRows.clone();
    }

    /** For every branch that enters, the one whose rows it starts with. */
    Map<Branch, Branch> sources() {
        return sources;
    }

    /** x [rows before, hidden] -> [rows afterwards, hidden]; x itself where all rows stay. */
    NDArray apply(NDArray x, Compute compute) {
        return isNone ? x : compute.operations().selectRows(x, compute.weights().array(sourceRows));
    }
}
