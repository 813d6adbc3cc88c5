package io.github.swscan.ablate;

import io.github.swscan.architecture.Linear;
import io.github.swscan.detect.Coordinate;
import io.github.swscan.forward.WeightEdit;

/**
 * One weight replaced.
 *
 * @param element where it lies in the stored tensor, in elements
 * @param from the stored weight
 * @param to what stands in its place: a number that the tensor's type holds exactly, where the type is a plain one
 */
public record WeightChange(Coordinate coordinate, long element, float from, float to) {

    WeightChange(Linear linear, int row, int column, float from, float to) {
        this(new Coordinate(linear, row, column), linear.elementIndex(row, column), from, to);
    }

    WeightEdit edit() {
        return new WeightEdit(coordinate.tensor(), coordinate.stackIndex(), coordinate.row(), coordinate.column(), to);
    }
}
