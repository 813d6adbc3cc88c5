package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.List;

/**
 * Weights that matter together.
 *
 * @param alone the effect of removing each member alone, in the order of the members
 * @param leftIn the effect of removing all but each, in the order of the members
 */
public record FoundSet(Kind kind, List<Coordinate> members, Effect effect, List<Effect> alone, List<Effect> leftIn) {

    /** How many sets are found in a model at most. */
    public static final int MOST = 5;

    public enum Kind {
        /** No member can be left in without losing half of the damage. */
        JOINT("joint"),
        /** The damage falls with each member that is left in, and with none by half. */
        GRADUAL("gradual");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** What reports call it. */
        public String label() {
            return label;
        }
    }

    public FoundSet {
        members = List.copyOf(members);
        alone = List.copyOf(alone);
        leftIn = List.copyOf(leftIn);
    }
}
