package io.github.swscan.architecture;

import io.github.swscan.checkpoint.tensor.DType;

/**
 * Attention with linear biases (Press et al., arXiv 2108.12409): a head's score for a token rises with the token's
 * position by the head's slope. As softmax sees only differences, this is the same as falling with the distance.
 *
 * @param heads how many heads there are
 * @param scale what the biases are multiplied by
 * @param inBfloat16 whether slope, position and their product are each rounded to bfloat16 before that
 */
public record Alibi(int heads, double scale, boolean inBfloat16) {

    /** What is added to a head's scores for the token at a position. */
    public float bias(int head, int position) {
        float slope = (float) slope(head);
        float bias = inBfloat16
                ? DType.roundToBfloat16(DType.roundToBfloat16(slope) * DType.roundToBfloat16(position))
                : slope * position;
        return (float) (scale * bias);
    }

    /**
     * Slopes are a geometric series: for a number n of heads that is a power of two, 2^(-8/n), 2^(-16/n), and so on; for
     * another, those of the next smaller power, then every other one of the next larger.
     */
    private double slope(int head) {
        int power = Integer.highestOneBit(heads);
        return head < power
                ? Math.pow(2, -8.0 * (head + 1) / power)
                : Math.pow(2, -4.0 * (2 * (head - power) + 1) / power);
    }
}
