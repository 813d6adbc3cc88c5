package io.github.swscan.detect;

import io.github.swscan.weight.Coordinate;
import java.util.Set;

/**
 * A change to the model whose effect is measured.
 *
 * @param weights those that are changed, all in the same way
 */
record Experiment(Set<Coordinate> weights, Change change) {

    enum Change {
        REMOVED,
        /** The sign turned. */
        FLIPPED
    }

    static Experiment removed(Set<Coordinate> weights) {
        return new Experiment(weights, Change.REMOVED);
    }

    static Experiment flipped(Coordinate weight) {
        return new Experiment(Set.of(weight), Change.FLIPPED);
    }
}
