package io.github.swscan.detect;

import io.github.swscan.weight.NonFiniteTensor;
import java.util.List;
import java.util.OptionalInt;

/**
 * The unedited model computes numbers that are not finite.
 *
 * @param layer the first one in whose down projections they show; empty if they show in the predictions only
 * @param tensors those that hold such numbers; empty if all weights are finite and the computation overflows
 */
public record Breakdown(OptionalInt layer, List<NonFiniteTensor> tensors) {}
