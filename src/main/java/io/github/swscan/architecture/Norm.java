package io.github.swscan.architecture;

import java.util.Optional;

/**
 * A norm over the last dimension, computed in float32.
 *
 * @param weight the tensor of scales
 * @param bias the tensor of shifts; only layer norms have one
 * @param size the length of the last dimension
 */
public record Norm(Kind kind, String weight, Optional<String> bias, int size, double epsilon) {

    /** RMS divides by the root mean square; LAYER subtracts the mean first and divides by the standard deviation. */
    public enum Kind {
        RMS,
        LAYER
    }
}
