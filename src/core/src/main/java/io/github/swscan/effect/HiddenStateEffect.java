package io.github.swscan.effect;

import io.github.swscan.forward.HiddenStateChanges;
import java.util.Arrays;

/**
 * What a branch does to the last hidden state, behind the final norm, of a model without a language-modelling head. All
 * numbers are finite: where an edit makes the state overflow, {@link Double#MAX_VALUE} stands for the damage.
 *
 * @param hiddenChange |h' - h| / |h|, the mean over tokens
 * @param hiddenCosine the cosine of h' and h, the mean over tokens
 * @param changeError the standard error of hiddenChange
 */
public record HiddenStateEffect(double hiddenChange, double hiddenCosine, double changeError) implements Effect {

    /**
     * The effect of what a branch changes.
     *
     * @param tokens how many of each sequence, one sequence after the other
     */
    public static HiddenStateEffect of(HiddenStateChanges changes, int[] tokens) {
        double change = Arrays.stream(changes.changes()).average().orElse(0);
        double cosine = Arrays.stream(changes.cosines()).average().orElse(1);
        return new HiddenStateEffect(
                Double.isFinite(change) ? change : Double.MAX_VALUE,
                Double.isFinite(cosine) ? cosine : 0,
                SequenceError.of(changes.changes(), tokens));
    }

    @Override
    public double change() {
        return hiddenChange;
    }

    @Override
    public HiddenStateEffect shifted(double errors) {
        return new HiddenStateEffect(
                Math.max(0, Math.min(Double.MAX_VALUE, hiddenChange + errors * changeError)), hiddenCosine, 0);
    }
}
