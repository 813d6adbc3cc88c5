package io.github.swscan.checkpoint.tensor;

import java.util.Optional;

/**
 * How many rows and columns of a matrix share a scale, rows being outputs of the linear map and columns inputs.
 *
 * @param rows or {@link #ALL}
 * @param columns or {@link #ALL}; where blocks run over the ends of rows, elements one after the other
 */
public record BlockShape(long rows, long columns) {

    /** As many as there are. */
    public static final long ALL = Long.MAX_VALUE;

    /** A scale for each row. */
    public static final BlockShape ROW = new BlockShape(1, ALL);

    /** One scale for the whole matrix. */
    public static final BlockShape MATRIX = new BlockShape(ALL, ALL);

    /** No scales. */
    public static final BlockShape NONE = new BlockShape(0, 0);

    /** So many elements of a row. */
    public static BlockShape ofRow(long elements) {
        return new BlockShape(1, elements);
    }

    /** How many elements next to each other share a scale, along the shorter way; empty if all of a row do, or none. */
    public Optional<Long> group() {
        return columns == ALL || equals(NONE) ? Optional.empty() : Optional.of(columns == 1 ? rows : columns);
    }

    /** In words. */
    public String description() {
        if (equals(NONE)) {
            return "no scales";
        }
        if (columns == ALL) {
            return "a scale for each " + (rows == ALL ? "matrix" : rows == 1 ? "row" : rows + " rows");
        }
        return "a scale for each "
                + (rows == 1 || columns == 1 ? rows * columns + " weights" : rows + " by " + columns + " weights");
    }
}
