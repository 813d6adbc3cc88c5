package io.github.swscan.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.forward.HiddenStateChanges;
import org.junit.jupiter.api.Test;

class HiddenStateEffectTest {

    private static HiddenStateEffect effect(double[] changes, int... tokens) {
        double[] cosines = new double[changes.length];
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = 1 - changes[i] / 4;
        }
        return HiddenStateEffect.of(new HiddenStateChanges(changes, cosines), tokens);
    }

    @Test
    void isTheMeanOverTokens() {
        HiddenStateEffect effect = effect(new double[] {0.1, 0.3, 0.5, 0.3}, 3, 1);

        assertThat(effect.hiddenChange()).isCloseTo(0.3, within(1e-12));
        assertThat(effect.hiddenCosine()).isCloseTo(1 - 0.075, within(1e-12));
        assertThat(effect.change()).isEqualTo(effect.hiddenChange());
    }

    @Test
    void theErrorIsThatOfAMeanOverSequences() {
        // Means of 0.2 and 0.4: a deviation of 0.1414 over the root of 2.
        assertThat(effect(new double[] {0.1, 0.3, 0.5, 0.3}, 2, 2).changeError())
                .isCloseTo(0.1, within(1e-12));
    }

    @Test
    void whatIsNotFiniteIsTheLargestDamageThereIs() {
        HiddenStateEffect effect = effect(new double[] {0.1, Double.NaN}, 2);

        assertThat(effect.hiddenChange()).isEqualTo(Double.MAX_VALUE);
        assertThat(effect.hiddenCosine()).isZero();
        assertThat(Measure.HIDDEN_STATE_CHANGE.damage(effect)).isEqualTo(Double.MAX_VALUE);
    }

    @Test
    void shiftsByItsErrorAndNotBelowNothing() {
        HiddenStateEffect effect = new HiddenStateEffect(0.3, 0.9, 0.1);

        assertThat(effect.shifted(2).change()).isCloseTo(0.5, within(1e-12));
        assertThat(effect.shifted(-4).change()).isZero();
    }

    @Test
    void damageOfIndependentMovesAddsUp() {
        double one = Measure.HIDDEN_STATE_CHANGE.damage(new HiddenStateEffect(0.3, 0, 0));
        double other = Measure.HIDDEN_STATE_CHANGE.damage(new HiddenStateEffect(0.4, 0, 0));

        assertThat(Measure.HIDDEN_STATE_CHANGE.damage(new HiddenStateEffect(0.5, 0, 0)))
                .isCloseTo(one + other, within(1e-12));
    }
}
