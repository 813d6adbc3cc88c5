package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/** What a score gets added for how far the key is from the query. */
public sealed interface RelativePositions {

    /**
     * The row of its table that a distance has.
     *
     * @param distance the position of the query less that of the key
     */
    int row(int distance);

    /** The linear maps, in the order in which they are applied. */
    Stream<Linear> linears();

    /**
     * All tensors but those of the linear maps.
     *
     * @param heads how many query heads there are
     * @param hiddenSize width of the residual stream
     */
    Stream<Parameter> parameters(int heads, int hiddenSize);

    /**
     * A bias for each head and bucket of distances; buckets as T5 has them (Raffel et al., arXiv 1910.10683, section 2.1):
     * half of them for keys behind the query; of each half the first half holds a distance each, the others grow with its
     * logarithm.
     *
     * @param table one row a bucket [rows, heads]
     * @param rows as many as there are buckets, or more
     */
    record Biases(String table, int rows) implements RelativePositions {

        /** As many as there are of published models. */
        public static final int BUCKETS = 32;

        private static final int FARTHEST = 128;

        @Override
        public int row(int distance) {
            int half = BUCKETS / 2;
            int exact = half / 2;
            int far = Math.abs(distance);
            int bucket = far;
            if (far >= exact) {
                float part = (float) Math.log((float) far / exact) / (float) Math.log((double) FARTHEST / exact);
                bucket = Math.min(half - 1, exact + (int) (part * (half - exact)));
            }
            return distance < 0 ? half + bucket : bucket;
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.empty();
        }

        @Override
        public Stream<Parameter> parameters(int heads, int hiddenSize) {
            return Stream.of(Parameter.of(table, rows, heads));
        }
    }

    /**
     * Scores by distance that each query makes for itself: every head of a token mixes {@code size} profiles with numbers of
     * its own, which a linear map of the input gives, and a key gets what the mixed profile has at its distance: nothing if
     * it stands behind the query, or as far before it as the profiles reach or farther.
     *
     * @param mixes to what each head mixes the profiles with, one head after the other
     * @param profiles the tensor of them, one number for each distance from 0 on [size, distances]
     */
    record Profiles(Linear mixes, String profiles, int size, int distances) implements RelativePositions {

        @Override
        public int row(int distance) {
            return distance < 0 ? distances : Math.min(distance, distances);
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.of(mixes);
        }

        @Override
        public Stream<Parameter> parameters(int heads, int hiddenSize) {
            return Stream.of(Parameter.of(profiles, size, distances));
        }
    }

    /**
     * Disentangled attention (He et al., arXiv 2006.03654, section 3.1): distances have vectors, and scores get the products
     * of queries with keys of distances, and of queries of distances with keys.
     *
     * @param table one row a distance [2 · span, hidden], those from - span to span - 1; farther ones count as these
     * @param norm of its rows
     * @param key from these to keys of distances; empty: queries do not meet them
     * @param query to queries of distances; empty: keys do not meet them
     * @param buckets distances beyond half of it share rows, more of them the farther they are (arXiv 2111.09543, section 2);
     *     0: each has its own
     * @param farthest the first distance that has no row of its own any more
     */
    record Disentangled(
            String table,
            int span,
            Optional<Norm> norm,
            Optional<Linear> key,
            Optional<Linear> query,
            int buckets,
            int farthest)
            implements RelativePositions {

        @Override
        public int row(int distance) {
            return Math.max(0, Math.min(2 * span - 1, (buckets > 0 ? bucket(distance) : distance) + span));
        }

        private int bucket(int distance) {
            int middle = buckets / 2;
            int far = Math.abs(distance);
            if (far <= middle) {
                return distance;
            }
            float part = (float) Math.log((float) far / middle) / (float) Math.log((float) ((farthest - 1.0) / middle));
            int bucket = (int) Math.ceil(part * (middle - 1)) + middle;
            return distance < 0 ? -bucket : bucket;
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.of(key, query).flatMap(Optional::stream);
        }

        @Override
        public Stream<Parameter> parameters(int heads, int hiddenSize) {
            return Stream.concat(
                    Stream.of(Parameter.of(table, 2 * span, hiddenSize)),
                    norm.stream().flatMap(Norm::parameters));
        }
    }
}
