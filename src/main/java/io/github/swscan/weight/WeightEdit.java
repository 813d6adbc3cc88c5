package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.OptionalInt;

/**
 * One weight replaced.
 *
 * @param tensor the name of the tensor; a linear map within a decoder block
 * @param stackIndex which of the matrices in the tensor, where it holds several
 * @param row output channel
 * @param column input channel; row and column count as in nn.Linear, whatever the layout in the file
 * @param value what stands there in place of the stored weight
 */
public record WeightEdit(String tensor, OptionalInt stackIndex, int row, int column, float value) {

    public WeightEdit(Linear linear, int row, int column, float value) {
        this(linear.weight(), linear.stackIndex(), row, column, value);
    }

    /** An edit of a tensor that holds one matrix. */
    public WeightEdit(String tensor, int row, int column, float value) {
        this(tensor, OptionalInt.empty(), row, column, value);
    }

    /** The weight removed. */
    public static WeightEdit zero(Linear linear, int row, int column) {
        return new WeightEdit(linear, row, column, 0);
    }

    /** Whether it is one of the weights of a linear map. */
    public boolean isIn(Linear linear) {
        return tensor.equals(linear.weight()) && stackIndex.equals(linear.stackIndex());
    }
}
