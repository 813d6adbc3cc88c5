package io.github.swscan.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A tensor that a model reads, with the shape that it must have.
 *
 * @param whole whether its elements are whole numbers that stand for things, not numbers to compute with
 */
record Parameter(String name, List<Long> shape, boolean whole) {

    /** Stands for a length that may be any. */
    static final int ANY = -1;

    Parameter {
        shape = List.copyOf(shape);
    }

    /** One of numbers to compute with. */
    Parameter(String name, List<Long> shape) {
        this(name, shape, false);
    }

    static Parameter of(String name, int... shape) {
        return new Parameter(name, IntStream.of(shape).asLongStream().boxed().toList());
    }

    static Parameter ofWholeNumbers(String name, int... shape) {
        return new Parameter(name, IntStream.of(shape).asLongStream().boxed().toList(), true);
    }

    /** The tensor that holds as many of these as a stack has. */
    Parameter stacked(Linear.Stack stack) {
        List<Long> dimensions = new ArrayList<>(shape);
        if (stack.flat()) {
            dimensions.set(0, stack.count() * shape.get(0));
        } else {
            dimensions.add(0, (long) stack.count());
        }
        return new Parameter(name, dimensions, whole);
    }
}
