package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;

/**
 * One weight replaced.
 *
 * @param element where it lies in the stored tensor, in elements
 * @param from the stored weight
 * @param to what stands in its place: a number that the tensor's type holds exactly, where the type is a plain one
 */
public record WeightChange(Coordinate coordinate, long element, float from, float to) {

    public WeightChange(Linear linear, int row, int column, float from, float to) {
        this(new Coordinate(linear, row, column), linear.elementIndex(row, column), from, to);
    }

    /** The change as the forward pass makes it. */
    public WeightEdit edit() {
        return new WeightEdit(coordinate.tensor(), coordinate.stackIndex(), coordinate.row(), coordinate.column(), to);
    }
}
