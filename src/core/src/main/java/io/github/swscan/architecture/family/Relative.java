package io.github.swscan.architecture.family;

import java.util.Optional;

/**
 * A family that is not described.
 *
 * @param family the {@code model_type} of config.json
 * @param nearest the described family that comes closest to it; empty where none does
 * @param differs a clause on what keeps it from being read, where that is known
 */
public record Relative(String family, Optional<String> nearest, Optional<String> differs) {

    /** What is wrong with a model of it. */
    String problem() {
        return "the family \"" + family + "\" is not supported"
                + differs.map(clause -> ": " + clause).orElse("");
    }

    /** What to look at instead. */
    String remedy() {
        return nearest.map(name -> "its nearest relative is " + name + "; ").orElse("")
                + "'swscan families' lists those that are";
    }
}
