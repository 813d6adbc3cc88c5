package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Compressor;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.engine.Operations;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** Turns heads by their tokens' positions, with one table for all layers that have the same rotary positions. */
final class RotaryPositions {

    private final Operations operations;
    private final Weights weights;
    private final Sequences sequences;
    private final Map<Rotary, RotaryTable> tables = new HashMap<>();
    private final Map<OfGroups, RotaryTable> tablesOfGroups = new HashMap<>();

    /** @param length how many tokens a group has */
    private record OfGroups(Rotary rotary, int length) {}

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

    /** The same for groups of tokens. */
    void prepare(Compressor compressor) {
        tablesOfGroups.computeIfAbsent(
                new OfGroups(compressor.rotary(), compressor.length()),
                missing ->
                        RotaryTable.ofGroups(compressor.rotary(), sequences, compressor.length(), weights.manager()));
    }

    /** x [rows, heads, size] in float32 -> the same shape; x itself without rotary positions. */
    NDArray apply(Optional<Rotary> rotary, NDArray x, Layout layout) {
        return rotary.map(given -> turned(given, tables.get(given), layout.tokenIndexes(), x))
                .orElse(x);
    }

    /** The same for the whole groups of tokens of all sequences, one sequence after the other [groups, heads, size]. */
    NDArray applyToGroups(Compressor compressor, NDArray x, Layout layout) {
        int length = compressor.length();
        int[] first = new int[sequences.count()];
        for (int sequence = 1; sequence < first.length; sequence++) {
            first[sequence] = first[sequence - 1] + RotaryTable.groups(sequences, sequence - 1, length);
        }
        long[] index = layout.segments().stream()
                .map(Segment::sequence)
                .flatMapToLong(sequence -> LongStream.range(
                        first[sequence], first[sequence] + (long) RotaryTable.groups(sequences, sequence, length)))
                .toArray();
        RotaryTable table = tablesOfGroups.get(new OfGroups(compressor.rotary(), length));
        return index.length == 0 ? x : turned(compressor.rotary(), table, index, x);
    }

    private NDArray turned(Rotary rotary, RotaryTable table, long[] rows, NDArray x) {
        NDArray index = weights.array(rows);
        NDArray cos = operations.selectRows(table.cos(), index);
        NDArray sin = operations.selectRows(table.sin(), index);
        return switch (rotary.pairing()) {
            case HALVES -> operations.rotateHalves(x, cos, sin, rotary.first());
            case NEIGHBOURS -> operations.rotateNeighbours(x, cos, sin, rotary.first());
        };
    }
}
