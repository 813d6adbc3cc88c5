package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A whole row or column of a linear map's W.
 *
 * @param site the linear map that it is in
 * @param tensor what it is stored in
 * @param channel the output channel of a row, the input channel of a column
 */
public record WeightLine(Site site, TensorInfo tensor, Direction direction, int channel) implements Target {

    /** Which way it goes through W. */
    public enum Direction {
        /** All that the linear map writes into one output channel. */
        ROW,
        /** All that the linear map reads from one input channel. */
        COLUMN
    }

    /** The row that a weight is in. */
    public static WeightLine rowOf(StoredWeight weight) {
        return new WeightLine(weight.site(), weight.tensor(), Direction.ROW, weight.row());
    }

    /** The column that a weight is in. */
    public static WeightLine columnOf(StoredWeight weight) {
        return new WeightLine(weight.site(), weight.tensor(), Direction.COLUMN, weight.column());
    }

    static WeightLine of(Checkpoint checkpoint, Site site, Direction direction, int channel) {
        return new WeightLine(site, StoredMatrix.of(checkpoint, site.linear()).tensor(), direction, channel);
    }

    public boolean isRow() {
        return direction == Direction.ROW;
    }

    /** What removes it from a run of the model. */
    public Edit removal() {
        return switch (direction) {
            case ROW -> new RowEdit(site.linear().matrix(), channel, 0);
            case COLUMN -> new ColumnEdit(site.linear().matrix(), channel, 0);
        };
    }

    /** Which of the tensor's elements it has. */
    public LongStream elements() {
        Linear linear = site.linear();
        return switch (direction) {
            case ROW -> IntStream.range(0, linear.inputs()).mapToLong(column -> linear.elementIndex(channel, column));
            case COLUMN -> IntStream.range(0, linear.outputs()).mapToLong(row -> linear.elementIndex(row, channel));
        };
    }
}
