package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;

/**
 * Another version of the weight matrices that a {@link Branch} multiplies with, such as a quantized one. It concerns the
 * linear maps of the blocks; embedding and head are as they are stored for every branch.
 *
 * <p>Branches whose transforms are equal share one product, so transforms that make the same weights should be equal.
 * Called by several threads at once; gives the same whenever it is asked.
 */
public interface WeightTransform {

    /** The weights as they are stored. */
    WeightTransform IDENTITY = new WeightTransform() {
        @Override
        public boolean changes(Linear linear) {
            return false;
        }

        @Override
        public void apply(Linear linear, int row, float[] weights) {
            // As stored.
        }
    };

    /** Whether W of a linear map is another one than the stored. */
    boolean changes(Linear linear);

    /**
     * Changes the weights that lead to one output channel. Asked only for linear maps that it {@link #changes}.
     *
     * @param row the output channel
     * @param weights what is stored, one weight for each input channel [inputs]; to be changed in place
     */
    void apply(Linear linear, int row, float[] weights);
}
