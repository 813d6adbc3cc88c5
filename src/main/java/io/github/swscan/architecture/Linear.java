package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A linear map y = x Wᵀ (+ b) from {@code inputs} to {@code outputs} channels.
 *
 * @param weight the tensor of W, stored as {@code layout} says
 * @param bias the tensor of b
 * @param stack where W and b are only a part of their tensors
 */
public record Linear(
        String weight, Optional<String> bias, Layout layout, int inputs, int outputs, Optional<Stack> stack) {

    /** How W lies in the file: one row per output channel (nn.Linear), or one row per input channel (Conv1D). */
    public enum Layout {
        OUTPUT_BY_INPUT,
        INPUT_BY_OUTPUT
    }

    /**
     * Several matrices of the same shape in one tensor of three dimensions, such as those of all experts.
     *
     * @param index which of them W is
     * @param count how many there are
     */
    public record Stack(int index, int count) {}

    /** Which of the matrices of its tensor W is, where there are several. */
    public OptionalInt stackIndex() {
        return stack.map(place -> OptionalInt.of(place.index())).orElse(OptionalInt.empty());
    }

    /** Where W begins in the stored tensor, in elements. */
    public long firstElement() {
        return stack.map(place -> (long) place.index() * inputs * outputs).orElse(0L);
    }

    /** Where W[row, column] (row an output channel, column an input channel) lies in the stored tensor, in elements. */
    public long elementIndex(int row, int column) {
        return firstElement()
                + switch (layout) {
                    case OUTPUT_BY_INPUT -> (long) row * inputs + column;
                    case INPUT_BY_OUTPUT -> (long) column * outputs + row;
                };
    }

    Stream<Parameter> parameters() {
        Parameter matrix =
                switch (layout) {
                    case OUTPUT_BY_INPUT -> Parameter.of(weight, outputs, inputs);
                    case INPUT_BY_OUTPUT -> Parameter.of(weight, inputs, outputs);
                };
        Stream<Parameter> parameters =
                Stream.concat(Stream.of(matrix), bias.map(name -> Parameter.of(name, outputs)).stream());
        return stack.isEmpty()
                ? parameters
                : parameters.map(parameter -> parameter.stacked(stack.get().count()));
    }
}
