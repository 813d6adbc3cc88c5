package io.github.swscan.forward;

/**
 * One weight replaced.
 *
 * @param tensor the name of the tensor; a linear map within a decoder block
 * @param row output channel
 * @param column input channel; row and column count as in nn.Linear, whatever the layout in the file
 * @param value what stands there in place of the stored weight
 */
public record WeightEdit(String tensor, int row, int column, float value) {

    /** The weight removed. */
    public static WeightEdit zero(String tensor, int row, int column) {
        return new WeightEdit(tensor, row, column, 0);
    }
}
