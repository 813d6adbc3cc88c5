package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import java.util.Arrays;

/**
 * How large the activations around a down projection usually are: the median over the tokens of the largest |x| and of
 * the largest |y| of a token. A super activation sits at one token, or few, so that the median does not see it.
 */
public record Usual(float input, float output) {

    static Usual of(Activations activations) {
        return new Usual(lowerMedian(activations.inputMagnitudes()), lowerMedian(activations.outputMagnitudes()));
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
