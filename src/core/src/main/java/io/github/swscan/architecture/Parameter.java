package io.github.swscan.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A tensor that a model reads, with the shape that it must have. */
record Parameter(String name, List<Long> shape) {

    Parameter {
        shape = List.copyOf(shape);
    }

    static Parameter of(String name, int... shape) {
        return new Parameter(name, IntStream.of(shape).asLongStream().boxed().toList());
    }

    /** The tensor that holds {@code count} of these. */
    Parameter stacked(int count) {
        List<Long> dimensions = new ArrayList<>();
        dimensions.add((long) count);
        dimensions.addAll(shape);
        return new Parameter(name, dimensions);
    }
}
