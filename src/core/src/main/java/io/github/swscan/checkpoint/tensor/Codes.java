package io.github.swscan.checkpoint.tensor;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * How a matrix of float32 numbers follows from tensors of codes, scales and the like. Immutable; what is read of the
 * tensors is kept by a {@link Decoder}.
 */
public interface Codes {

    /** Reads a part of a stored tensor: from a byte of it, as much as the target has room for. */
    @FunctionalInterface
    interface Stored {
        void read(TensorInfo tensor, long from, ByteBuffer target);
    }

    /** Turns codes into numbers, with the scales at hand. Safe for use by several threads. */
    @FunctionalInterface
    interface Decoder {

        /**
         * Fills a target with numbers.
         *
         * @param first the element, in row-major order, that the first number is
         */
        void decode(long first, FloatBuffer target);
    }

    /** What it is called, such as {@code GPTQ}. */
    String method();

    /** How many bits a code has. */
    int bits();

    /** What it is stored in, the codes first. */
    List<TensorInfo> tensors();

    /** What some elements are stored in, which lie one after the other: all of it, unless less is enough. */
    default List<TensorInfo> tensors(long first, long count) {
        return tensors();
    }

    /** How single elements are stored; empty if they have no codes of their own, or that is not known: then there is a place. */
    default Optional<ElementCodes> elementCodes() {
        return Optional.empty();
    }

    /** Where the byte or word lies that holds the code of an element. */
    default TensorInfo.Place place(long element) {
        return elementCodes().orElseThrow().code(element).place();
    }

    /** Why there are no codes of single elements, for people, as a sentence. */
    default String withoutElementCodes() {
        return "How " + method() + " stores single weights is not known here.";
    }

    /**
     * Reads scales and whatever else all numbers follow from, but no codes.
     *
     * @throws io.github.swscan.input.InputException if one of them makes no sense
     */
    Decoder decoder(Stored stored);
}
