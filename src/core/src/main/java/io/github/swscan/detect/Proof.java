package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.Optional;
import java.util.Set;

/**
 * A candidate with what its removal does.
 *
 * @param alone the effect of removing it alone
 * @param group the other candidates it stands or falls with, itself included
 * @param groupRemoved the effect of removing its group
 * @param putBack the effect of removing its group but for this candidate
 */
public record Proof(
        Candidate candidate,
        Effect alone,
        Optional<Set<Coordinate>> group,
        Optional<Effect> groupRemoved,
        Optional<Effect> putBack) {

    /** The same with all effects changed by so many of their standard errors. */
    Proof shifted(double errors) {
        return new Proof(
                candidate,
                alone.shifted(errors),
                group,
                groupRemoved.map(effect -> effect.shifted(errors)),
                putBack.map(effect -> effect.shifted(errors)));
    }
}
