package io.github.swscan.architecture;

import java.util.Optional;

/**
 * A linear map y = x Wᵀ (+ b) from {@code inputs} to {@code outputs} channels.
 *
 * @param weight the tensor of W, stored as {@code layout} says
 */
public record Linear(String weight, Optional<String> bias, Layout layout, int inputs, int outputs) {

    /** How W lies in the file: one row per output channel (nn.Linear), or one row per input channel (Conv1D). */
    public enum Layout {
        OUTPUT_BY_INPUT,
        INPUT_BY_OUTPUT
    }

    /** Where W[row, column] (row an output channel, column an input channel) lies in the stored tensor, in elements. */
    public long elementIndex(int row, int column) {
        return switch (layout) {
            case OUTPUT_BY_INPUT -> (long) row * inputs + column;
            case INPUT_BY_OUTPUT -> (long) column * outputs + row;
        };
    }
}
