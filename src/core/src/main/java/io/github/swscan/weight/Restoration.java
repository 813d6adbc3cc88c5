package io.github.swscan.weight;

import io.github.swscan.architecture.Matrix;

/**
 * A super activation put back by hand: in every sequence the entry of largest magnitude that the unedited model writes
 * into one output channel of a linear map stands there in the branch too, while all else stays as the branch makes it.
 *
 * <p>This is the experiment "prune the super weight, restore the super activation" of "The Super Weight in Large Language
 * Models" (arXiv 2411.07191, section 3.2).
 *
 * @param row the output channel
 */
public record Restoration(Matrix matrix, int row) implements PutBack {}
