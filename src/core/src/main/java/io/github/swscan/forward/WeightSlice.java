package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;

/**
 * Some rows of a linear map's W, or all.
 *
 * @param firstRow counted in the stored layout
 * @param rows how many rows of the stored layout it has
 * @param bytes that they take in the memory of the engine, before they are converted for the run
 */
record WeightSlice(Linear linear, long firstRow, long rows, long bytes) {}
