package io.github.swscan.ablate;

import io.github.swscan.detect.Coordinate;
import io.github.swscan.forward.WeightEdit;

/**
 * One weight replaced.
 *
 * @param from the stored weight
 * @param to what stands in its place: a number that the tensor's type holds exactly, where the type is a plain one
 */
public record WeightChange(Coordinate coordinate, float from, float to) {

    WeightEdit edit() {
        return new WeightEdit(coordinate.tensor(), coordinate.stackIndex(), coordinate.row(), coordinate.column(), to);
    }
}
