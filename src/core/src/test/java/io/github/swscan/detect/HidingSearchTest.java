package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.Detection.Hiding;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.Measure;
import io.github.swscan.weight.Coordinate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HidingSearchTest {

    private static final List<Coordinate> WEIGHTS = Samples.row(8);
    private static final Coordinate A = WEIGHTS.get(0);
    private static final Coordinate B = WEIGHTS.get(1);

    private final Map<Set<Coordinate>, Effect> effects = new LinkedHashMap<>();

    private void removed(double nats, Coordinate... weights) {
        effects.put(Set.of(weights), effect(nats));
    }

    private List<Hiding> pairs() {
        Measure measure = Measure.KL_DIVERGENCE;
        return new HidingSearch(effects, new Judge(measure, measure.defaultThresholds(), 5, Optional.empty())).pairs();
    }

    @ParameterizedTest
    @CsvSource({"0.8, true", "0.81, false", "0, true", "2, false"})
    void aPairThatDoesAtMostFourFifthsOfWhatOneDoesHidesIt(double together, boolean hides) {
        removed(1, A);
        removed(0.1, B);
        removed(together, A, B);

        assertThat(pairs()).isEqualTo(hides ? List.of(new Hiding(A, B)) : List.of());
    }

    @Test
    void whatIsHarmlessCannotBeHidden() {
        removed(0.009, A);
        removed(0.001, B);
        removed(0.001, A, B);

        assertThat(pairs()).isEmpty();
    }

    @Test
    void aPairIsToldOnceByTheStronger() {
        removed(0.9, A);
        removed(1, B);
        removed(0.2, A, B);

        assertThat(pairs()).containsExactly(new Hiding(B, A));
    }

    @Test
    void oneThatWasNotMeasuredAloneMayStillHideAnother() {
        removed(1, A);
        removed(0.5, A, B);

        assertThat(pairs()).containsExactly(new Hiding(A, B));
    }

    @Test
    void largerSetsAreNoPairs() {
        removed(1, A);
        removed(0, A, B, WEIGHTS.get(2));

        assertThat(pairs()).isEmpty();
    }

    @Test
    void theThreeThatHideMostAreToldTheMostFirst() {
        for (int i : new int[] {2, 1, 4, 3}) {
            removed(i, WEIGHTS.get(i));
            removed(0.5, WEIGHTS.get(i), WEIGHTS.get(7));
        }

        assertThat(pairs())
                .extracting(Hiding::stronger)
                .containsExactly(WEIGHTS.get(4), WEIGHTS.get(3), WEIGHTS.get(2));
    }

    @Test
    void damageBeyondAllNumbersIsHiddenByLess() {
        removed(Double.MAX_VALUE, A);
        removed(Double.MAX_VALUE, B);
        removed(3, A, B);
        removed(Double.MAX_VALUE, A, WEIGHTS.get(2));

        assertThat(pairs()).hasSize(1);
    }
}
