package io.github.swscan.detect;

import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.OptionalInt;

/**
 * The weight with the largest contribution to a spike.
 *
 * @param value the stored weight
 * @param input the entry of x that the weight multiplies, at the spike's token, in the unedited model
 * @param output the entry of y that it writes, at that token, in the unedited model
 * @param contributionShare |W[r,c] x[t,c]| / |y[t,r]| at that token
 */
public record Candidate(
        int layer,
        OptionalInt expert,
        Coordinate coordinate,
        float value,
        Peak input,
        Peak output,
        double contributionShare,
        Kind kind) {

    /** How the spike relates to the candidates before it. */
    public enum Kind {
        /** It is there once all earlier candidates are gone: it stands for itself. */
        INDEPENDENT("independent"),
        /** It goes away with the earlier candidates and takes their super activation out of the residual stream. */
        CANCELLING("dependent"),
        /** It goes away with the earlier candidates, otherwise. */
        DEPENDENT("dependent");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** What reports call it: a cancelling candidate is a dependent one, and its reason says the rest. */
        String label() {
            return label;
        }
    }
}
