package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Compressor;
import io.github.swscan.engine.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which tokens, or groups of tokens, a token sees, every sequence of every branch by itself; see {@link Attention.Indexer}. */
final class IndexerPass {

    private final CompressorPass compressor;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;
    private final RotaryPositions rotaryPositions;

    IndexerPass(Compute compute, RotaryPositions rotaryPositions) {
        this.compressor = new CompressorPass(compute, rotaryPositions);
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.rotaryPositions = rotaryPositions;
    }

    /**
     * What the indexer compares.
     *
     * @param queries [rows, heads, size] float32
     * @param keys of the groups of all sequences, one sequence after the other [groups, 1, size] float32
     * @param weights [rows, heads] float32
     */
    private record Compared(NDArray queries, NDArray keys, NDArray weights) {}

    /**
     * Which groups of tokens, those that are whole, each token sees, where those to come are compared as well.
     *
     * @param queryInput what queries come from [rows, rank or hidden]
     * @param x the input of the attention [rows, hidden]
     * @param past remembers what the keys are made of, behind what it has in the places before
     * @param place the first place for that
     * @return for every sequence [tokens, groups] bool
     */
    List<NDArray> groups(
            Attention.Indexer indexer, NDArray queryInput, NDArray x, Rows rows, Optional<Past.Layer> past, int place) {
        Compared compared = compared(indexer, queryInput, x, rows, past, place);
        return ofSegments(indexer, compared, rows.layout());
    }

    /**
     * Which keys the tokens of all rows see.
     *
     * @return for every row which keys it sees, in the longest sequence too [rows, keys] bool
     */
    NDArray tokens(
            Attention.Indexer indexer, NDArray queryInput, NDArray x, Rows rows, Optional<Past.Layer> past, int place) {
        Layout layout = rows.layout();
        int longest = layout.sequences().firstPosition()
                + layout.segments().stream().mapToInt(Segment::tokens).max().orElse(0);
        Compared compared = compared(indexer, queryInput, x, rows, past, place);
        NDList parts = new NDList(ofSegments(indexer, compared, layout).stream()
                .map(visible -> operations.widened(visible, longest))
                .toList());
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }

    /** For every sequence [tokens, keys or groups] bool. */
    private List<NDArray> ofSegments(Attention.Indexer indexer, Compared compared, Layout layout) {
        int before = layout.sequences().firstPosition();
        List<NDArray> parts = new ArrayList<>();
        long first = 0;
        for (Segment segment : layout.segments()) {
            long end = first + indexer.keys().groups(before + segment.tokens());
            long from = segment.start();
            long to = from + segment.tokens();
            NDArray q = operations.rows(compared.queries(), from, to);
            NDArray k = operations.rows(compared.keys(), first, end);
            NDArray w = operations.rows(compared.weights(), from, to);
            int length = indexer.keys().length();
            parts.add(
                    indexer.endedOnly()
                            ? operations.indexedBlocks(q, k, w, before, length, indexer.count())
                            : operations.indexed(q, k, w, before, length, indexer.count()));
            first = end;
        }
        return parts;
    }

    private Compared compared(
            Attention.Indexer indexer, NDArray queryInput, NDArray x, Rows rows, Optional<Past.Layer> past, int place) {
        Compressor keys = indexer.keys();
        NDArray projected = linear.apply(indexer.query(), queryInput, rows); // [rows, heads * size (+ size)]
        long channels = (long) indexer.heads() * indexer.size();
        NDArray heads =
                operations.columns(projected, 0, channels).reshape(rows.count(), indexer.heads(), indexer.size());
        NDArray normed = norm.apply(indexer.queryNorm(), operations.toFloat32(heads));
        NDArray q = rotaryPositions.apply(Optional.of(keys.rotary()), normed, rows.layout());
        NDArray ofTokens = keys.key().isPresent()
                ? compressor.keys(keys, x, rows)
                : operations.columns(projected, channels, channels + indexer.size());
        NDArray k = compressor.apply(keys, ofTokens, x, rows, past, place);
        NDArray w = operations.multiplyByNumber(
                indexer.weights()
                        .map(given -> operations.toFloat32(linear.apply(given, x, rows)))
                        .orElseGet(() -> operations.addNumber(
                                weights.zeros(rows.count(), indexer.heads()), Math.sqrt(indexer.heads()))),
                1 / Math.sqrt((double) indexer.heads() * indexer.size()));
        return new Compared(q, k, w);
    }
}
