package io.github.swscan.detect;

import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.OptionalInt;

/**
 * A spike that many weights make together.
 *
 * @param coordinate of the weight with the largest contribution
 */
public record DiffuseSpike(
        int layer,
        OptionalInt expert,
        Coordinate coordinate,
        float value,
        Peak input,
        Peak output,
        double contributionShare) {}
