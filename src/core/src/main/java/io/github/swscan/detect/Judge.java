package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.report.Verdict;
import java.util.List;
import java.util.Optional;

/** Turns effects into verdicts: by thresholds, and by what removing ordinary weights of similar magnitude does. */
public final class Judge {

    /** How many standard errors an effect may be off. */
    private static final double ERRORS = 2;

    private final Measure measure;
    private final Thresholds thresholds;
    private final double controlFactor;
    private final double controlDamage;

    static Judge of(DetectionSettings settings, Optional<Effect> control) {
        return new Judge(settings.measure(), settings.thresholds(), settings.controlFactor(), control);
    }

    /** @param control the effect of removing the control weights; without any, any effect is more than theirs */
    public Judge(Measure measure, Thresholds thresholds, double controlFactor, Optional<Effect> control) {
        this.measure = measure;
        this.thresholds = thresholds;
        this.controlFactor = controlFactor;
        this.controlDamage = Math.max(0, control.map(measure::damage).orElse(0.0));
    }

    /** The damage that verdicts go by, as {@link Measure#damage}. */
    double damage(Effect effect) {
        return measure.damage(effect);
    }

    /** Whether the verdict would be another if the effect were two standard errors smaller or larger than measured. */
    public boolean isNearThreshold(Effect effect) {
        return verdict(effect.shifted(-ERRORS)) != verdict(effect.shifted(ERRORS));
    }

    /**
     * Whether a weight has a verdict of its own or is a member of a set. What only takes a super activation away again has
     * none of its own, whatever its removal does.
     */
    boolean isSuperWeight(Proof proof, List<FoundSet> sets) {
        boolean own = proof.kind() != Candidate.Kind.CANCELLING && verdict(proof.alone()) != Verdict.HARMLESS;
        return own
                || sets.stream().anyMatch(set -> set.members()
                        .contains(proof.candidate().coordinate()));
    }

    /** What an effect comes to. */
    public Verdict verdict(Effect effect) {
        double size = measure.of(effect);
        if (measure.damage(effect) < controlFactor * controlDamage) {
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
