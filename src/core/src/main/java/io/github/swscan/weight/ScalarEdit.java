package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;

/**
 * One weight replaced.
 *
 * @param value what stands there in place of the stored weight
 */
public record ScalarEdit(Coordinate coordinate, float value) implements Edit {

    public ScalarEdit(Linear linear, int row, int column, float value) {
        this(new Coordinate(linear, row, column), value);
    }

    /** The weight removed. */
    public static ScalarEdit zero(Coordinate coordinate) {
        return new ScalarEdit(coordinate, 0);
    }

    @Override
    public Matrix matrix() {
        return coordinate.matrix();
    }
}
