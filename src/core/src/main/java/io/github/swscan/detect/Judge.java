package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.report.Verdict;
import java.util.Optional;

/**
 * Turns effects into verdicts.
 *
 * <p>A weight is judged by the stronger of two effects: that of its own removal, and that of its group's. The group's
 * counts for a member only if putting this one member back recovers a part of the damage ({@link #MINIMUM_RECOVERY}):
 * otherwise the damage is another member's.
 */
public final class Judge {

    /** The part of a group's damage that a member must recover when it alone is put back. */
    public static final double MINIMUM_RECOVERY = 0.1;

    private final Measure measure;
    private final Thresholds thresholds;
    private final double controlFactor;
    private final double controlNats;

    /**
     * How many standard errors an effect may be off. Predictions of neighbouring tokens are not independent, so that it
     * is more than the two that are usual.
     */
    private static final double ERRORS = 3;

    /** @param control the effect of removing the control weights; without any, any effect is more than theirs */
    static Judge of(DetectionSettings settings, Optional<Effect> control) {
        return new Judge(
                settings.measure(), settings.thresholds(), settings.controlFactor(), control.orElse(Effect.NONE));
    }

    /** @param control the effect of removing the control weights */
    public Judge(Measure measure, Thresholds thresholds, double controlFactor, Effect control) {
        this.measure = measure;
        this.thresholds = thresholds;
        this.controlFactor = controlFactor;
        this.controlNats = Math.max(0, measure.nats(control));
    }

    /** Whether the weight is one; what only takes a super activation away again is none, whatever its removal does. */
    public boolean isSuperWeight(Proof proof) {
        return proof.candidate().kind() != Candidate.Kind.CANCELLING && verdict(proof) != Verdict.HARMLESS;
    }

    /** Whether the verdict would be the same if all effects were somewhat smaller or larger than measured. */
    public boolean isClear(Proof proof) {
        return verdict(proof.shifted(-ERRORS)) == verdict(proof.shifted(ERRORS));
    }

    public Verdict verdict(Proof proof) {
        return verdict(strongest(proof));
    }

    /** The effect that the verdict goes by. */
    public Effect strongest(Proof proof) {
        if (proof.groupRemoved().isEmpty() || !mattersInGroup(proof)) {
            return proof.alone();
        }
        Effect group = proof.groupRemoved().get();
        return measure.nats(group) > measure.nats(proof.alone()) ? group : proof.alone();
    }

    private boolean mattersInGroup(Proof proof) {
        double damage = measure.nats(proof.groupRemoved().orElseThrow());
        double leftWhenPutBack = measure.nats(proof.putBack().orElseThrow());
        return damage > 0 && damage - leftWhenPutBack >= MINIMUM_RECOVERY * damage;
    }

    private Verdict verdict(Effect effect) {
        double size = measure.of(effect);
        if (measure.nats(effect) < controlFactor * controlNats) {
            return Verdict.HARMLESS;
        }
        if (size >= thresholds.critical()) {
            return Verdict.CRITICAL;
        }
        if (size >= thresholds.high()) {
            return Verdict.HIGH;
        }
        return size >= thresholds.moderate() ? Verdict.MODERATE : Verdict.HARMLESS;
    }
}
