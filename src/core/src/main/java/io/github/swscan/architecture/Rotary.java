package io.github.swscan.architecture;

/**
 * Rotary positions: a pair of a head's channels at position p is turned by the angle p · f[i] (Su et al., arXiv
 * 2104.09864). Channels outside the turned ones stay as they are.
 *
 * @param first the first channel of a head that is turned
 * @param size the number of channels that the frequencies are spread over; the next even number of channels is turned
 * @param pairing which channels make a pair
 * @param base what the frequencies are powers of ({@code rope_theta})
 * @param reversed whether pairs are turned the other way round: by -p · f[i]
 * @param scoreFactor what attention scores are multiplied by on top of their own scale, whatever the length
 */
public record Rotary(
        int first,
        int size,
        Pairing pairing,
        boolean reversed,
        double base,
        RotaryScaling scaling,
        double scoreFactor) {

    /** Pair i is made of channels i and i + turned/2, or of channels 2i and 2i + 1. */
    public enum Pairing {
        HALVES,
        NEIGHBOURS
    }

    /**
     * The angular frequencies f, in radians per position.
     *
     * @param tokens length of the sequence; some scalings depend on it
     * @return turned / 2 values
     */
    public double[] frequencies(int tokens) {
        return scaling.frequencies(base, size, tokens);
    }

    /** The same that turns the other way round. */
    public Rotary back() {
        return new Rotary(first, size, pairing, !reversed, base, scaling, scoreFactor);
    }

    /** The number of channels that are turned: the size, rounded up to whole pairs. */
    public int turned() {
        return size + size % 2;
    }
}
