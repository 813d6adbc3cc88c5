package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.OptionalInt;

/**
 * A linear map of a block, and where in the model it stands.
 *
 * @param layer of the block, counted from 0
 * @param expert the expert of a mixture, of MLPs or of heads, that it belongs to; of shared experts their number in a tensor
 *     that holds several, else empty
 */
public record Site(int layer, OptionalInt expert, Linear linear) {}
