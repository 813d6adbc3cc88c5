package io.github.swscan.effect;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Percentile bootstrap over sequences: tokens of one sequence depend on each other, sequences hardly. All estimates come
 * from the same resamples, so that they can be compared.
 *
 * <p>Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
 */
public final class Bootstrap {

    /** How many resamples each interval comes from. */
    public static final int RESAMPLES = 1000;
    /** Of the intervals: the part of all samples whose interval holds the true mean. */
    public static final double CONFIDENCE = 0.95;
    /** Resamples of fewer sequences are too much alike: their interval is far too narrow. */
    public static final int FEWEST_SEQUENCES = 10;

    private final int[] tokens;
    private final int[][] resamples;

    /** @param tokens how many predictions each sequence has, at least one */
    public Bootstrap(int[] tokens, long seed) {
        this.tokens = tokens.clone();
        Random random = new Random(seed);
        this.resamples = IntStream.range(0, RESAMPLES)
                .mapToObj(
                        resample -> random.ints(tokens.length, 0, tokens.length).toArray())
                .toArray(int[][]::new);
    }

    /**
     * The mean over all tokens.
     *
     * @param values one for each prediction, one sequence after the other; what is not finite counts as the largest double
     */
    public Estimate mean(double[] values) {
        double[] sums = new double[tokens.length];
        int next = 0;
        for (int sequence = 0; sequence < tokens.length; sequence++) {
            for (int token = 0; token < tokens[sequence]; token++) {
                sums[sequence] += values[next++];
            }
        }
        int[] all = IntStream.range(0, tokens.length).toArray();
        double value = mean(sums, all);
        if (tokens.length < FEWEST_SEQUENCES) {
            return new Estimate(value, Optional.empty());
        }
        double[] means = Arrays.stream(resamples)
                .mapToDouble(resample -> mean(sums, resample))
                .sorted()
                .toArray();
        int cut = (int) Math.round((1 - CONFIDENCE) / 2 * RESAMPLES);
        return new Estimate(value, Optional.of(new Estimate.Interval(means[cut], means[RESAMPLES - 1 - cut])));
    }

    private double mean(double[] sums, int[] sequences) {
        double sum = 0;
        long count = 0;
        for (int sequence : sequences) {
            sum += sums[sequence];
            count += tokens[sequence];
        }
        double mean = sum / count;
        return Double.isFinite(mean) ? mean : Double.MAX_VALUE;
    }
}
