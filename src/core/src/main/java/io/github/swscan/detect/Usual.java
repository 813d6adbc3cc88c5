package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * How large the activations around a down projection usually are: the median over the tokens of the largest |x| and of
 * the largest |y| of a token. A super activation sits at one token, or few, so that the median does not see it.
 */
public record Usual(float input, float output) {

    /** @param experts of one block, or its only MLP; with at least one token among them */
    static Usual of(List<Activations> experts) {
        return new Usual(
                lowerMedian(together(experts, Activations::inputMagnitudes)),
                lowerMedian(together(experts, Activations::outputMagnitudes)));
    }

    private static float[] together(List<Activations> experts, Function<Activations, float[]> magnitudes) {
        int tokens = experts.stream().mapToInt(Activations::tokens).sum();
        float[] all = new float[tokens];
        int filled = 0;
        for (Activations expert : experts) {
            float[] own = magnitudes.apply(expert);
            System.arraycopy(own, 0, all, filled, own.length);
            filled += own.length;
        }
        return all;
    }

    /** What is usual where either of the two applies: the larger values. */
    Usual or(Usual other) {
        return new Usual(Math.max(input, other.input), Math.max(output, other.output));
    }

    /** The middle value, the smaller of the two where the count is even: half of the tokens may spike. */
    static float lowerMedian(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 2];
    }
}
