package io.github.swscan.weight;

import io.github.swscan.architecture.Matrix;

/**
 * The mean of what a weight contributes to its output channel, put back by hand where the weight itself is removed.
 *
 * <p>In the unedited model the weight contributes W[r, c] x[t, c] at token t. Its spike tokens are those, of all sequences
 * that the branch runs over, at which the magnitude of this is at least half of its maximum. There the branch gets the mean
 * of the contribution over the spike tokens; elsewhere it gets nothing. A mean over all tokens would spread a constant that
 * stands at a few of them over all, and do harm of its own.
 */
public record SpikeMean(Coordinate coordinate) implements PutBack {

    @Override
    public Matrix matrix() {
        return coordinate.matrix();
    }
}
