package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.OptionalInt;

/**
 * A super activation put back by hand: in every sequence the entry of largest magnitude that the unedited model writes
 * into one output channel of a linear map stands there in the branch too, while all else stays as the branch makes it.
 *
 * <p>This is the experiment "prune the super weight, restore the super activation" of "The Super Weight in Large Language
 * Models" (arXiv 2411.07191, section 3.2).
 *
 * @param tensor the name of the linear map's tensor
 * @param stackIndex which of the matrices in the tensor, where it holds several
 * @param row the output channel
 */
public record Restoration(String tensor, OptionalInt stackIndex, int row) {

    /** Whether it is of one of the output channels of a linear map. */
    public boolean isIn(Linear linear) {
        return tensor.equals(linear.weight()) && stackIndex.equals(linear.stackIndex());
    }
}
