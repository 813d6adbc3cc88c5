package io.github.swscan.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BootstrapTest {

    @Test
    void meanIsOverTokensNotSequences() {
        assertThat(new Bootstrap(new int[] {1, 3}, 0)
                        .mean(new double[] {8, 0, 0, 0})
                        .value())
                .isEqualTo(2);
    }

    /** What comes from two or five sequences looks far surer than it is. */
    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "9, false", "10, true", "11, true"})
    void fewSequencesHaveNoInterval(int sequences, boolean interval) {
        int[] tokens = new int[sequences];
        Arrays.fill(tokens, 1);
        double[] values = IntStream.range(0, sequences).asDoubleStream().toArray();

        assertThat(new Bootstrap(tokens, 0).mean(values).interval().isPresent()).isEqualTo(interval);
    }

    @Test
    void equalSequencesHaveAnIntervalOfNoWidth() {
        int[] tokens = new int[10];
        Arrays.fill(tokens, 2);
        double[] values = IntStream.range(0, 20).mapToDouble(i -> 1 + i % 2 * 2).toArray();

        assertThat(new Bootstrap(tokens, 0).mean(values).interval()).contains(new Estimate.Interval(2, 2));
    }

    /** The bootstrap's interval of a mean of independent values is about 1.96 standard errors to each side. */
    @Test
    void intervalIsThatOfNormalTheoryForManyIndependentSequences() {
        Random random = new Random(1);
        double[] values =
                IntStream.range(0, 400).mapToDouble(i -> random.nextGaussian()).toArray();
        int[] tokens = new int[values.length];
        Arrays.fill(tokens, 1);

        Estimate estimate = new Bootstrap(tokens, 7).mean(values);

        Estimate.Interval interval = estimate.interval().orElseThrow();
        assertThat(estimate.value() - interval.low()).isCloseTo(1.96 / 20, within(0.015));
        assertThat(interval.high() - estimate.value()).isCloseTo(1.96 / 20, within(0.015));
    }

    @Test
    void sameSeedGivesTheSameInterval() {
        int[] tokens = {1, 2, 1, 3, 1, 1, 2, 1, 1, 2};
        double[] values = {1, 5, 2, 2, 9, 1, 0, 3, 7, 4, 8, 1, 6, 2, 5};

        assertThat(new Bootstrap(tokens, 3).mean(values)).isEqualTo(new Bootstrap(tokens, 3).mean(values));
    }

    @Test
    void numbersThatAreNotFiniteCountAsTheLargest() {
        int[] tokens = new int[10];
        Arrays.fill(tokens, 1);
        double[] values = new double[10];
        values[0] = Double.POSITIVE_INFINITY;

        Estimate estimate = new Bootstrap(tokens, 0).mean(values);

        assertThat(estimate.value()).isEqualTo(Double.MAX_VALUE);
        assertThat(estimate.interval().orElseThrow().high()).isEqualTo(Double.MAX_VALUE);
    }
}
