package io.github.swscan.weight;

import io.github.swscan.architecture.Linear;
import java.util.OptionalInt;

/**
 * A weight that experiments are made with.
 *
 * @param number what the experiments call it, from 1
 * @param linear the linear map it is in
 * @param value the stored weight
 */
public record StoredWeight(
        int number, Coordinate coordinate, Linear linear, int layer, OptionalInt expert, float value) {}
