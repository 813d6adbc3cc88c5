package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/**
 * What tokens ask the keys with.
 *
 * @param vectors one for each head [rows, heads, size]
 * @param mixes what each mixes the profiles of distances with, where there are such [rows, heads, profiles]
 */
record Queries(NDArray vectors, Optional<NDArray> mixes) {

    /** Those of some rows. */
    Queries rows(long start, long end, Operations operations) {
        return new Queries(operations.rows(vectors, start, end), mixes.map(all -> operations.rows(all, start, end)));
    }
}
