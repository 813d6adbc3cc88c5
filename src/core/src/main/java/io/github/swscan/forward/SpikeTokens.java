package io.github.swscan.forward;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The tokens at which a weight makes its spike: those where the magnitude of its contribution is at least half of the
 * largest.
 *
 * @param tokens ascending; none if the contribution is 0 everywhere
 * @param mean of the contribution over these tokens; 0 without any
 */
record SpikeTokens(List<Integer> tokens, float mean) {

    private static final double PART_OF_MAXIMUM = 0.5;

    SpikeTokens {
        tokens = List.copyOf(tokens);
    }

    /** @param contributions W[r, c] x[t, c] for every token t */
    static SpikeTokens of(float[] contributions) {
        double largest = IntStream.range(0, contributions.length)
                .mapToDouble(token -> Math.abs(contributions[token]))
                .max()
                .orElse(0);
        List<Integer> tokens = IntStream.range(0, contributions.length)
                .filter(token -> largest > 0 && Math.abs(contributions[token]) >= PART_OF_MAXIMUM * largest)
                .boxed()
                .toList();
        double mean = tokens.stream()
                .mapToDouble(token -> contributions[token])
                .average()
                .orElse(0);
        return new SpikeTokens(tokens, (float) mean);
    }
}
