package io.github.swscan.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentenceEmbeddingEffectTest {

    private static final HiddenStateEffect HIDDEN = new HiddenStateEffect(0.1, 0.9, 0.02);

    @Test
    void isTheMeanCosineOverTexts() {
        float[][] original = {{1, 0}, {0, 1}};
        float[][] edited = {{0.6f, 0.8f}, {0, 1}};

        SentenceEmbeddingEffect effect = SentenceEmbeddingEffect.of(original, edited, HIDDEN);

        assertThat(effect.cosine()).isCloseTo(0.8, within(1e-7));
        assertThat(effect.cosineError()).isCloseTo(0.2, within(1e-7));
        assertThat(effect.change()).isCloseTo(0.2, within(1e-7));
        assertThat(effect.hidden()).isEqualTo(HIDDEN);
        assertThat(Measure.EMBEDDING_COSINE.damage(effect)).isEqualTo(effect.change());
    }

    @Test
    void ofNoChangeIsNothing() {
        float[][] vectors = {{0.6f, 0.8f}, {0.36f, 0.93295f}};

        assertThat(SentenceEmbeddingEffect.of(vectors, vectors, HIDDEN).change())
                .isCloseTo(0, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 0})
    void whatIsNoDirectionIsTheGreatestDamage(float entry) {
        SentenceEmbeddingEffect effect =
                SentenceEmbeddingEffect.of(new float[][] {{1, 0}}, new float[][] {{entry, 0}}, HIDDEN);

        assertThat(effect.cosine()).isEqualTo(-1);
        assertThat(effect.change()).isEqualTo(2);
    }

    @Test
    void errorsShiftTheDamage() {
        SentenceEmbeddingEffect effect = new SentenceEmbeddingEffect(0.99, 0.004, HIDDEN);

        assertThat(effect.shifted(2).change()).isCloseTo(0.018, within(1e-12));
        assertThat(effect.shifted(-2).change()).isCloseTo(0.002, within(1e-12));
        assertThat(effect.shifted(-4).change()).isZero();
    }
}
