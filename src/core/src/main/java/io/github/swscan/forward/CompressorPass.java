package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.swscan.architecture.Compressor;
import io.github.swscan.architecture.Compressor.Shares;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** Keys that stand for groups of tokens, of every sequence of every branch by itself; {@link Compressor} has the equation. */
final class CompressorPass {

    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;
    private final Weights weights;
    private final RotaryPositions rotaryPositions;

    CompressorPass(Compute compute, RotaryPositions rotaryPositions) {
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
        this.weights = compute.weights();
        this.rotaryPositions = rotaryPositions;
    }

    /** The keys of tokens, where the compressor makes them [rows, size, or twice that where groups overlap]. */
    NDArray keys(Compressor compressor, NDArray x, Rows rows) {
        return linear.apply(compressor.key().orElseThrow(), x, rows);
    }

    /**
     * The keys of all whole groups, one sequence after the other.
     *
     * @param keys of the tokens of all rows
     * @param x what shares are made of [rows, hidden]
     * @param past remembers keys and shares of tokens, behind what it has in the places before
     * @param place the first place for them
     * @return [groups of all sequences, 1, size] float32
     */
    NDArray apply(Compressor compressor, NDArray keys, NDArray x, Rows rows, Optional<Past.Layer> past, int place) {
        Layout layout = rows.layout();
        NDArray all = withPast(keys, layout, past, place);
        Optional<NDArray> shares = compressor
                .shares()
                .map(given -> withPast(linear.apply(given.linear(), x, rows), layout, past, place + 1));
        NDArray joined = compressor.length() == 1 && shares.isEmpty() ? all : joined(compressor, all, shares, layout);
        NDArray normed = norm.apply(compressor.norm(), operations.toFloat32(joined));
        return rotaryPositions.applyToGroups(
                compressor, normed.reshape(normed.getShape().get(0), 1, compressor.size()), layout);
    }

    private static NDArray withPast(NDArray now, Layout layout, Optional<Past.Layer> past, int place) {
        return past.map(tokens -> tokens.extended(place, now, layout.segments().size()))
                .orElse(now);
    }

    /** Σ_t softmax_t(share) key, or the mean, over the tokens of each group [groups, size] float32. */
    private NDArray joined(Compressor compressor, NDArray keys, Optional<NDArray> shares, Layout layout) {
        int before = layout.sequences().firstPosition();
        NDArray bias = compressor
                .shares()
                .map(given -> weights.vector(given.bias()).reshape(compressor.length(), -1))
                .orElseGet(() -> weights.zeros(1, 1));
        boolean overlapping = compressor.shares().filter(Shares::overlapping).isPresent();
        NDList parts = new NDList();
        long first = 0;
        for (Layout.EqualSegments part : layout.groups()) {
            int tokens = before + part.tokens();
            long end = first + (long) part.count() * tokens;
            NDArray own = operations.rows(keys, first, end);
            NDArray ownShares = shares.isPresent()
                    ? operations.rows(shares.get(), first, end)
                    : operations.multiplyByNumber(own, 0);
            parts.add(operations.compressed(own, ownShares, bias, tokens, compressor.length(), overlapping));
            first = end;
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
    }
}
