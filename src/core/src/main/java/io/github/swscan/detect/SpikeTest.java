package io.github.swscan.detect;

import io.github.swscan.forward.Activations;

/**
 * A spike rule at one layer.
 *
 * @param usual what is usual there
 * @param highest the largest |y| there, before any weight was removed
 */
record SpikeTest(SpikeRule rule, Usual usual, float highest) {

    /** @param input all of the token's x */
    boolean isSpike(float[] input, float output) {
        float largest = Math.abs(input[Activations.indexOfLargest(input)]);
        return rule.isSpike(largest, Math.abs(output), usual, highest);
    }
}
