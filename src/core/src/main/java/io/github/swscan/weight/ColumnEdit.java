package io.github.swscan.weight;

import io.github.swscan.architecture.Matrix;

/**
 * All weights of one column multiplied by a factor: all that a linear map reads from one input channel.
 *
 * @param column the input channel
 * @param factor 0 removes the column
 */
public record ColumnEdit(Matrix matrix, int column, float factor) implements Edit {}
