package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.engine.Operations;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Turns heads by their tokens' positions, with one table for all layers that have the same rotary positions. */
final class RotaryPositions {

    private final Operations operations;
    private final Weights weights;
    private final Sequences sequences;
    private final Map<Rotary, RotaryTable> tables = new HashMap<>();

    RotaryPositions(Compute compute, Sequences sequences) {
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.sequences = sequences;
    }

    /** Prepares a table, which outlives a block; to be called outside the scope in which a block's arrays are freed. */
    void prepare(Optional<Rotary> rotary) {
        rotary.ifPresent(given ->
                tables.computeIfAbsent(given, missing -> RotaryTable.of(missing, sequences, weights.manager())));
    }

    /** x [rows, heads, size] in float32 -> the same shape; x itself without rotary positions. */
    NDArray apply(Optional<Rotary> rotary, NDArray x, Layout layout) {
        return rotary.map(given -> apply(given, x, layout)).orElse(x);
    }

    private NDArray apply(Rotary rotary, NDArray x, Layout layout) {
        RotaryTable table = tables.get(rotary);
        NDArray index = weights.array(layout.tokenIndexes());
        NDArray cos = operations.selectRows(table.cos(), index);
        NDArray sin = operations.selectRows(table.sin(), index);
        return switch (rotary.pairing()) {
            case HALVES -> operations.rotateHalves(x, cos, sin, rotary.first());
            case NEIGHBOURS -> operations.rotateNeighbours(x, cos, sin, rotary.first());
        };
    }
}
