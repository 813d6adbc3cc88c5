package io.github.swscan.architecture;

/**
 * Rotary positions: pair i of a head's channels (i and i + size/2) at position p is turned by the angle p · f[i] (Su et
 * al., arXiv 2104.09864).
 *
 * @param size the number of channels of a head; even
 * @param base what the frequencies are powers of ({@code rope_theta})
 */
public record Rotary(int size, double base, RotaryScaling scaling) {

    /**
     * The angular frequencies f, in radians per position.
     *
     * @param tokens length of the sequence; some scalings depend on it
     * @return size / 2 values
     */
    public double[] frequencies(int tokens) {
        return scaling.frequencies(base, size, tokens);
    }
}
