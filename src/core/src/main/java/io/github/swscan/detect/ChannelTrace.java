package io.github.swscan.detect;

import io.github.swscan.weight.Coordinate;
import java.util.List;

/**
 * A super activation behind each layer, and what is left of it without the weights that matter most.
 *
 * @param values the largest magnitude in the channel, over all tokens that effects were measured on, a number a layer
 * @param removed empty if nothing was
 * @param without the same without them; empty if nothing was removed
 */
public record ChannelTrace(int channel, List<Float> values, List<Coordinate> removed, List<Float> without) {}
