package io.github.swscan.scan;

import io.github.swscan.policy.BaselineComparison;
import java.io.Serializable;

/**
 * What a model's report is held against.
 *
 * @param report the path of a report that was made before; empty for none
 * @param tolerance how far values may differ where the model is stored in another type than then, relative
 */
public record BaselineRequest(String report, double tolerance) implements Serializable {

    /** Nothing. */
    public static final BaselineRequest NONE = new BaselineRequest("", BaselineComparison.STANDARD_TOLERANCE);
}
