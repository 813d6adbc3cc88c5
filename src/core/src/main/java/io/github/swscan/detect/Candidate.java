package io.github.swscan.detect;

import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.OptionalInt;

/**
 * A weight whose contribution W[r, c] x[t, c] is large in the residual stream of the unedited model, see {@link
 * CandidateSearch}.
 *
 * @param writesStream whether its row is a channel of the residual stream, not of a narrower vector of its layer
 * @param value the stored weight
 * @param input the entry of x that the weight multiplies, at the token where it adds most to the stream
 * @param output the entry of y that it writes, at that token
 * @param contributionShare |W[r, c] x[t, c]| / |y[t, r]| at that token
 * @param streamShare the largest part of |h[t]|, behind the block, that the contribution makes at a token that it is added to
 * @param score what candidates are ranked by
 */
public record Candidate(
        int layer,
        OptionalInt expert,
        Coordinate coordinate,
        boolean writesStream,
        float value,
        Peak input,
        Peak output,
        double contributionShare,
        double streamShare,
        double score) {

    /** How the spike relates to the candidates before it. */
    public enum Kind {
        /** Its input is there without the candidates of earlier blocks: it stands for itself. */
        INDEPENDENT("independent"),
        /** Its input goes away with earlier candidates, and it takes what they wrote out of the residual stream. */
        CANCELLING("dependent"),
        /** Its input goes away with earlier candidates, otherwise. */
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
