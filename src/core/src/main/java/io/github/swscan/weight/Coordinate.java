package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;
import java.util.OptionalInt;

/**
 * A weight's place. Rows and columns count as in nn.Linear, whatever the layout in the file.
 *
 * @param row output channel
 * @param column input channel
 */
public record Coordinate(Matrix matrix, int row, int column) {

    public Coordinate(Linear linear, int row, int column) {
        this(linear.matrix(), row, column);
    }

    /** The name of the tensor that it lies in. */
    public String tensor() {
        return matrix.tensor();
    }

    /** Which of the matrices in the tensor, where it holds those of several experts. */
    public OptionalInt stackIndex() {
        return matrix.stackIndex();
    }

    /** {@code tensor[row, column]}, or {@code tensor[matrix, row, column]} where the tensor holds several. */
    @Override
    public String toString() {
        String stack = stackIndex().isPresent() ? stackIndex().getAsInt() + ", " : "";
        return tensor() + "[" + stack + row + ", " + column + "]";
    }
}
