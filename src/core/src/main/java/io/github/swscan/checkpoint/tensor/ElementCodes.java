package io.github.swscan.checkpoint.tensor;

import io.github.swscan.input.InputException;

/**
 * How the single elements of a quantized tensor are stored, each as a code of its own. Elements count in row-major order.
 * Immutable.
 */
public interface ElementCodes {

    /** How many elements share a scale. */
    BlockShape scaleBlocks();

    /** How many of the codes of so many bits stand for numbers, from 0 on: all, unless a format has fewer numbers. */
    default int count(int bits) {
        return 1 << bits;
    }

    /** Where the code of an element lies. */
    CodePlace code(long element);

    /**
     * The elements that share their scale with an element, itself included, and that scale.
     *
     * @throws InputException if scales make no sense
     */
    CodeBlock block(long element, Codes.Stored stored);
}
