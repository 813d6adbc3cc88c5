package io.github.swscan.detect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How large the outputs of down projections usually are.
 *
 * <p>A layer's usual magnitude is the median over its tokens of the token's largest |output|. A super activation sits at
 * one token, or few, so that the median does not see it. What is usual at a layer is the larger of that and the median of
 * the same over all layers up to it, so that a layer that does next to nothing has no spikes of its own scale.
 */
final class UsualMagnitude {

    private final List<Float> layers = new ArrayList<>();

    /**
     * Takes in the next layer.
     *
     * @param tokenMagnitudes the largest |output| of every token; one at least
     * @return what is usual at this layer
     */
    float next(float[] tokenMagnitudes) {
        float here = lowerMedian(tokenMagnitudes);
        layers.add(here);
        float[] soFar = new float[layers.size()];
        for (int i = 0; i < soFar.length; i++) {
            soFar[i] = layers.get(i);
        }
        return Math.max(here, lowerMedian(soFar));
    }

    /** The middle value, the smaller of the two where the count is even: half of the tokens may spike. */
    static float lowerMedian(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 2];
    }
}
