package io.github.swscan.ablate;

import java.io.Serializable;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which experiments are made.
 *
 * @param kinds of the variants
 * @param scales the factors of the sweep; 1 changes nothing and 0 is removal, both are left out of it
 * @param controls how many control weights there are for each weight
 * @param largest how many of the largest other weights are removed together; 0 for none
 * @param seed of the random choices
 */
public record AblationSettings(Set<Variant.Kind> kinds, List<Double> scales, int controls, int largest, long seed)
        implements Serializable {

    /** The sweep of "The Super Weight in Large Language Models" (arXiv 2411.07191, section 3.2). */
    public static final List<Double> DEFAULT_SCALES = List.of(0.0, 0.2, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0);

    public static final int DEFAULT_CONTROLS = 3;

    /** All kinds but the largest other weights, which take a reading of their own. */
    public static final AblationSettings STANDARD =
            new AblationSettings(EnumSet.allOf(Variant.Kind.class), DEFAULT_SCALES, DEFAULT_CONTROLS, 0, 0);

    public AblationSettings {
        kinds = Set.copyOf(kinds);
        scales = List.copyOf(scales);
    }
}
