package io.github.swscan.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.forward.HandMadeScores;
import io.github.swscan.forward.TokenScores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PredictionEffectTest {

    private static final TokenScores ORIGINAL =
            HandMadeScores.of(new float[] {1, 1, 1, 1}, new float[] {0, 0, 0, 0}, 5, 6, 7, 8);

    private static PredictionEffect effect(float[] negativeLogLikelihood, int... predictions) {
        return PredictionEffect.of(
                HandMadeScores.of(negativeLogLikelihood, new float[] {2, 2, 4, 0}, 5, 6, 7, 9), ORIGINAL, predictions);
    }

    @Test
    void meansAreOverPredictions() {
        PredictionEffect effect = effect(new float[] {3, 5, 7, 1}, 3, 1);

        assertThat(effect.meanNll()).isEqualTo(4);
        assertThat(effect.meanNllRise()).isEqualTo(3);
        assertThat(effect.klDivergence()).isEqualTo(2);
        assertThat(effect.topTokenAgreement()).isEqualTo(0.75);
    }

    /** Rises of 4 and 0 in the mean of each sequence: a deviation of the root of 8, over that of 2. */
    @Test
    void errorsAreOverSequences() {
        PredictionEffect effect = effect(new float[] {3, 5, 7, 1}, 3, 1);

        assertThat(effect.riseError()).isCloseTo(2, within(1e-12));
        assertThat(effect.divergenceError()).isCloseTo(8.0 / 3 / 2, within(1e-12));
    }

    @Test
    void sequencesWithoutPredictionsDoNotCount() {
        float[] negativeLogLikelihood = {3, 5, 7, 1};

        assertThat(effect(negativeLogLikelihood, 0, 3, 0, 1)).isEqualTo(effect(negativeLogLikelihood, 3, 1));
    }

    @Test
    void errorsOfASingleSequenceAreOverPredictions() {
        assertThat(effect(new float[] {2, 2, 4, 4}, 4).riseError()).isCloseTo(Math.sqrt(1.0 / 3), within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void numbersThatAreNotFiniteAreTheLargestDamage(float broken) {
        PredictionEffect effect = effect(new float[] {1, broken, 1, 1}, 2, 2);

        assertThat(effect.meanNll()).isEqualTo(Double.MAX_VALUE);
        assertThat(effect.meanNllRise()).isEqualTo(Double.MAX_VALUE);
        assertThat(effect.perplexityRatio()).isEqualTo(Double.MAX_VALUE);
        assertThat(effect.riseError()).isZero();
    }

    @Test
    void aShiftIsOfStandardErrors() {
        PredictionEffect effect = new PredictionEffect(3, 1, 0.5, 0.9, 0.25, 0.375);

        assertThat(effect.shifted(2)).isEqualTo(new PredictionEffect(3, 1.5, 1.25, 0.9, 0, 0));
        assertThat(effect.shifted(-2)).isEqualTo(new PredictionEffect(3, 0.5, 0, 0.9, 0, 0));
    }

    @Test
    void perplexityRatioIsTheExponentialOfTheRise() {
        assertThat(new PredictionEffect(0, Math.log(3), 0, 1, 0, 0).perplexityRatio())
                .isCloseTo(3, within(1e-12));
    }
}
