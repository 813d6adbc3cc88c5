package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;

/**
 * Some rows of a linear map's W, or all.
 *
 * @param firstRow counted in the stored layout
 * @param rows how many rows of the stored layout it has
 * @param bytes that they take in the memory of the engine, before they are converted for the run
 */
record WeightSlice(Linear linear, long firstRow, long rows, long bytes) {

    /** How many columns W has in the stored layout. */
    static long columns(Linear linear) {
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT -> linear.inputs();
            case INPUT_BY_OUTPUT -> linear.outputs();
        };
    }

    /** The place of the first element in the stored tensor. */
    long firstElement() {
        return linear.firstElement() + firstRow * columns(linear);
    }

    /** How many elements it has, which lie one after the other. */
    long elements() {
        return rows * columns(linear);
    }
}
