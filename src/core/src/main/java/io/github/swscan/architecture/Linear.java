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
     * @param flat whether the tensor has two dimensions: the rows of one matrix after those of the other
     */
    public record Stack(int index, int count, boolean flat) {

        public Stack(int index, int count) {
            this(index, count, false);
        }
    }

    /**
     * A place in W, whatever its layout.
     *
     * @param row output channel
     * @param column input channel
     */
    public record Entry(int row, int column) {}

    /** Which matrix W is. */
    public Matrix matrix() {
        return new Matrix(weight, stackIndex());
    }

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

    /** Whether an element of the stored tensor is of W. */
    public boolean hasElement(long element) {
        long place = element - firstElement();
        return place >= 0 && place < (long) inputs * outputs;
    }

    /**
     * The inverse of {@link #elementIndex}: which entry of W an element of the stored tensor is.
     *
     * @throws IllegalArgumentException if it is none of W
     */
    public Entry entry(long element) {
        if (!hasElement(element)) {
            throw new IllegalArgumentException("element " + element + " of " + weight + " is not in " + this);
        }
        long place = element - firstElement();
        return switch (layout) {
            case OUTPUT_BY_INPUT -> new Entry((int) (place / inputs), (int) (place % inputs));
            case INPUT_BY_OUTPUT -> new Entry((int) (place % outputs), (int) (place / outputs));
        };
    }

    /** Where b begins in its stored tensor, in elements. */
    public long firstBiasElement() {
        return stack.map(place -> (long) place.index() * outputs).orElse(0L);
    }

    /** Whether an element of the tensor that b is stored in is of b. */
    public boolean hasBiasElement(long element) {
        long place = element - firstBiasElement();
        return place >= 0 && place < outputs;
    }

    Stream<Parameter> parameters() {
        Parameter matrix =
                switch (layout) {
                    case OUTPUT_BY_INPUT -> Parameter.of(weight, outputs, inputs);
                    case INPUT_BY_OUTPUT -> Parameter.of(weight, inputs, outputs);
                };
        Stream<Parameter> parameters =
                Stream.concat(Stream.of(matrix), bias.map(name -> Parameter.of(name, outputs)).stream());
        return stack.isEmpty() ? parameters : parameters.map(parameter -> parameter.stacked(stack.get()));
    }
}
