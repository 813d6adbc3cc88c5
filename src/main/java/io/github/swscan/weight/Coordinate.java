package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.OptionalInt;

/**
 * A weight's place.
 *
 * @param tensor the name of the tensor
 * @param stackIndex which of the matrices in the tensor, where it holds those of several experts
 * @param row output channel
 * @param column input channel
 */
public record Coordinate(String tensor, OptionalInt stackIndex, int row, int column) {

    public Coordinate(Linear linear, int row, int column) {
        this(linear.weight(), linear.stackIndex(), row, column);
    }

    /** Whether it is one of the weights of the same matrix. */
    public boolean isInMatrixOf(Coordinate other) {
        return tensor.equals(other.tensor) && stackIndex.equals(other.stackIndex);
    }

    /** Whether it is one of the weights of a linear map. */
    public boolean isIn(Linear linear) {
        return tensor.equals(linear.weight()) && stackIndex.equals(linear.stackIndex());
    }

    @Override
    public String toString() {
        String matrix = stackIndex.isPresent() ? stackIndex.getAsInt() + ", " : "";
        return tensor + "[" + matrix + row + ", " + column + "]";
    }
}
