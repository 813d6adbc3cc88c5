package io.github.swscan.weight;

import io.github.swscan.architecture.Matrix;

/**
 * A change to what one linear map within a decoder block computes, in one branch of a run. Nothing in a file changes.
 *
 * <p>Where several edits are of one matrix, single weights are replaced first, then rows and columns are scaled, then means
 * are put back, and activations are restored last; the order in which the edits are given matters only between those that
 * replace the same weight, of which the last one counts.
 */
public sealed interface Edit permits ScalarEdit, RowEdit, ColumnEdit, PutBack {

    /** That of the linear map. */
    Matrix matrix();
}
