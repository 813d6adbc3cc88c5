package io.github.swscan.weight;

import io.github.swscan.architecture.Matrix;

/**
 * All weights of one row multiplied by a factor: all that a linear map writes into one output channel, its bias left as
 * it is.
 *
 * @param row the output channel
 * @param factor 0 removes the row
 */
public record RowEdit(Matrix matrix, int row, float factor) implements Edit {}
