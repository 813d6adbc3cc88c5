package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Attention;
import io.github.swscan.engine.Operations;
import java.util.List;
import java.util.Optional;

/** Which tokens a token sees in sparse attention, every sequence of every branch by itself; see {@link Attention.Indexer}. */
final class IndexerPass {

    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final RotaryPositions rotaryPositions;

    IndexerPass(Compute compute, RotaryPositions rotaryPositions) {
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.rotaryPositions = rotaryPositions;
    }

    /**
     * Which keys the tokens of all rows see.
     *
     * @param narrow what queries come from [rows, rank]
     * @param x the input of the attention [rows, hidden]
     * @param before how many remembered tokens stand before those of each sequence
     * @param past what the attention remembers: keys, values, and the keys that are computed here
     * @return for every row which keys it sees, in the longest sequence too [rows, keys] bool
     */
    Optional<NDArray> chosen(
            Attention.Indexer indexer, NDArray narrow, NDArray x, Rows rows, int before, Optional<Past.Layer> past) {
        Layout layout = rows.layout();
        NDArray q = turned(
                indexer,
                linear.apply(indexer.query(), narrow, rows).reshape(rows.count(), indexer.heads(), -1),
                layout);
        NDArray normed = norm.apply(indexer.keyNorm(), operations.toFloat32(linear.apply(indexer.key(), x, rows)));
        NDArray k = turned(indexer, normed.reshape(rows.count(), 1, -1), layout); // [rows, 1, size]
        NDArray w = operations.multiplyByNumber(
                operations.toFloat32(linear.apply(indexer.weights(), x, rows)),
                1 / Math.sqrt((double) indexer.heads() * indexer.size())); // [rows, heads]
        NDArray keys = past.map(tokens -> remembered(tokens, k, layout)).orElse(k);

        int longest = before
                + layout.segments().stream().mapToInt(Segment::tokens).max().orElse(0);
        NDList parts = new NDList();
        for (int i = 0; i < layout.segments().size(); i++) {
            Segment segment = layout.segments().get(i);
            long end = segment.start() + (long) segment.tokens();
            long first = before == 0 ? segment.start() : (long) i * (before + segment.tokens());
            parts.add(operations.indexed(
                    operations.rows(q, segment.start(), end),
                    operations.rows(keys, first, first + before + segment.tokens()),
                    operations.rows(w, segment.start(), end),
                    indexer.count(),
                    longest));
        }
        return Optional.of(parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0));
    }

    private NDArray turned(Attention.Indexer indexer, NDArray x, Layout layout) {
        return rotaryPositions.apply(Optional.of(indexer.rotary()), operations.toFloat32(x), layout);
    }

    /** The keys of tokens before, and these. */
    private NDArray remembered(Past.Layer past, NDArray k, Layout layout) {
        List<NDArray> kept = past.kept();
        NDArray all =
                kept.size() > 2 ? Past.joined(kept.get(2), k, layout.segments().size()) : k;
        past.keep(kept.get(0), kept.get(1), all);
        return all;
    }
}
