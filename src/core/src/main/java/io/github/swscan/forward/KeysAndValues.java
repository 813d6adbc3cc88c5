package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Attention.Visibility;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/**
 * The keys and values that tokens see: their own, and before them those of the tokens that a {@link Past} remembers.
 *
 * @param keys [sequences * (before + tokens), heads, size]; without tokens before, of sequences of any lengths
 * @param values [sequences * (before + tokens), heads, value size], in the order of the keys
 * @param chosen for each token which keys it sees, where that is not by its place alone [rows, keys or more] bool
 * @param before how many remembered tokens stand before those of each sequence
 */
record KeysAndValues(NDArray keys, NDArray values, Optional<NDArray> chosen, int before) {

    /** Adds what is remembered, if anything is to be, and has all of it remembered. */
    static KeysAndValues of(NDArray keys, NDArray values, Layout layout, Optional<Past.Layer> past) {
        if (past.isEmpty()) {
            return new KeysAndValues(keys, values, Optional.empty(), 0);
        }
        int sequences = layout.segments().size();
        NDArray allKeys = past.get().extended(0, keys, sequences);
        NDArray allValues = past.get().extended(1, values, sequences);
        long before = (allKeys.getShape().get(0) - layout.rows()) / sequences;
        return new KeysAndValues(allKeys, allValues, Optional.empty(), Math.toIntExact(before));
    }

    /** What some sequences see. */
    KeysAndValues of(Layout.EqualSegments part, Operations operations) {
        // Without tokens before, the sequences need not be of equal length: then rows are counted as they lie.
        long first = before == 0 ? part.start() : part.start() / part.tokens() * (before + (long) part.tokens());
        long end = first + part.count() * (before + (long) part.tokens());
        return new KeysAndValues(
                operations.rows(keys, first, end),
                operations.rows(values, first, end),
                chosen.map(rows -> operations.rows(rows, part.start(), part.end())),
                before);
    }

    /** The same where tokens see chosen keys alone. */
    KeysAndValues choosing(NDArray rows) {
        return new KeysAndValues(keys, values, Optional.of(rows), before);
    }

    /**
     * Which keys a token sees [tokens, before + tokens]: its own and those of the {@code window - 1} tokens before it, or on
     * each side; or, in a text that is cut into pieces of that length, those before it in its piece.
     */
    NDArray visible(int tokens, int window, boolean chunked, Visibility visibility, Weights weights) {
        int keys = before + tokens;
        boolean[] visible = new boolean[Math.multiplyExact(tokens, keys)];
        for (int query = 0; query < tokens; query++) {
            int own = before + query;
            int first = chunked ? own - own % window : Math.max(0, own - window + 1);
            int last = visibility == Visibility.ALL ? Math.min(keys - 1, own + window - 1) : own;
            for (int key = first; key <= last; key++) {
                visible[query * keys + key] = true;
            }
        }
        return weights.manager().create(visible, new Shape(tokens, keys));
    }

    KeysAndValues with(NDArray otherKeys, NDArray otherValues) {
        return new KeysAndValues(otherKeys, otherValues, chosen, before);
    }
}
