package io.github.swscan.architecture;

import java.util.OptionalInt;

/**
 * Which matrix of a checkpoint: the W of a linear map, whatever map reads it.
 *
 * @param tensor the name of the tensor that it lies in
 * @param stackIndex which of the matrices in the tensor, where it holds those of several experts
 */
public record Matrix(String tensor, OptionalInt stackIndex) {

    /** A matrix that has its tensor for itself. */
    public Matrix(String tensor) {
        this(tensor, OptionalInt.empty());
    }
}
