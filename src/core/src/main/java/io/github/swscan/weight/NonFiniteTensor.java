package io.github.swscan.weight;

import java.util.OptionalInt;

/**
 * A tensor that holds NaN or infinities, and where the first of them is, in the order in which they are stored.
 *
 * @param layer empty outside the blocks
 * @param expert the expert of a mixture that the first of them belongs to
 * @param row for a linear map the output channel; else the index in all dimensions but the last, or in the only one;
 *     empty for a single number
 * @param column for a linear map the input channel; else the index in the last dimension; empty where there are no two
 * @param element the index of the first of them in the tensor, in stored order
 * @param value what it is read as: NaN, or infinite in 32 bits
 * @param count how many there are
 */
public record NonFiniteTensor(
        String tensor,
        OptionalInt layer,
        OptionalInt expert,
        OptionalInt row,
        OptionalInt column,
        long element,
        float value,
        long count) {}
