package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;

/**
 * The W of a linear map as a checkpoint stores it, read one entry or one row at a time. Rows and columns count as in
 * nn.Linear, whatever the layout in the file. As safe for use by several threads as the checkpoint.
 */
public record StoredMatrix(Checkpoint checkpoint, Linear linear, TensorInfo tensor) {

    /**
     * That of a linear map.
     *
     * @throws IllegalArgumentException if the checkpoint lacks the tensor
     */
    public static StoredMatrix of(Checkpoint checkpoint, Linear linear) {
        TensorInfo tensor = checkpoint
                .find(linear.weight())
                .orElseThrow(() -> new IllegalArgumentException("no tensor " + linear.weight()));
        return new StoredMatrix(checkpoint, linear, tensor);
    }

    /** W[row, column], exactly. */
    public float value(int row, int column) {
        return checkpoint.floats(tensor, linear.elementIndex(row, column), 1, 1)[0];
    }

    /** W[:, column], exactly [outputs]. */
    public float[] column(int column) {
        long stride =
                switch (linear.layout()) {
                    case OUTPUT_BY_INPUT -> linear.inputs();
                    case INPUT_BY_OUTPUT -> 1;
                };
        return checkpoint.floats(tensor, linear.elementIndex(0, column), linear.outputs(), stride);
    }

    /** W[row, :], exactly [inputs]. */
    public float[] row(int row) {
        long stride =
                switch (linear.layout()) {
                    case OUTPUT_BY_INPUT -> 1;
                    case INPUT_BY_OUTPUT -> linear.outputs();
                };
        return checkpoint.floats(tensor, linear.elementIndex(row, 0), linear.inputs(), stride);
    }
}
