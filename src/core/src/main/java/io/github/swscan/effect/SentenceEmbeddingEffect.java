package io.github.swscan.effect;

import java.util.Arrays;

/**
 * What a branch does to the vectors that a sentence encoder makes of texts, and to the hidden states behind them. All
 * numbers are finite: where an edit makes a vector overflow, its cosine counts as -1.
 *
 * @param cosine of the vector of a text in the branch and that in the unedited model, the mean over texts
 * @param cosineError its standard error
 * @param hidden what the branch does to the last hidden state
 */
public record SentenceEmbeddingEffect(double cosine, double cosineError, HiddenStateEffect hidden) implements Effect {

    /**
     * The effect of what a branch changes.
     *
     * @param original of each text, of length 1
     * @param edited likewise
     */
    public static SentenceEmbeddingEffect of(float[][] original, float[][] edited, HiddenStateEffect hidden) {
        double[] cosines = new double[original.length];
        int[] one = new int[original.length];
        Arrays.fill(one, 1);
        for (int text = 0; text < cosines.length; text++) {
            cosines[text] = cosine(original[text], edited[text]);
        }
        return new SentenceEmbeddingEffect(
                Arrays.stream(cosines).average().orElse(1), SequenceError.of(cosines, one), hidden);
    }

    private static double cosine(float[] x, float[] y) {
        double product = 0;
        double own = 0;
        double other = 0;
        for (int i = 0; i < x.length; i++) {
            product += (double) x[i] * y[i];
            own += (double) x[i] * x[i];
            other += (double) y[i] * y[i];
        }
        double cosine = product / Math.sqrt(own * other);
        return Double.isFinite(cosine) ? Math.min(1, cosine) : -1;
    }

    /** 1 - cosine. */
    @Override
    public double change() {
        return 1 - cosine;
    }

    @Override
    public SentenceEmbeddingEffect shifted(double errors) {
        return new SentenceEmbeddingEffect(
                Math.max(-1, Math.min(1, cosine - errors * cosineError)), 0, hidden.shifted(errors));
    }
}
