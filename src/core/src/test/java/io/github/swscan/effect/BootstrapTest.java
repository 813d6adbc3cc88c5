package io.github.swscan.effect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {

    @Test
    void meanIsOverTokensNotSequences() {
        assertThat(new Bootstrap(new int[] {1, 3}, 0)
                        .mean(new double[] {8, 0, 0, 0})
                        .value())
                .isEqualTo(2);
    }

    @Test
    void oneSequenceHasNoInterval() {
        assertThat(new Bootstrap(new int[] {3}, 0).mean(new double[] {1, 2, 3}).interval())
                .isEmpty();
    }

    @Test
    void equalSequencesHaveAnIntervalOfNoWidth() {
        Estimate estimate = new Bootstrap(new int[] {2, 2, 2}, 0).mean(new double[] {1, 3, 1, 3, 1, 3});

        assertThat(estimate.interval()).contains(new Estimate.Interval(2, 2));
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
        int[] tokens = {2, 3, 4};
        double[] values = {1, 5, 2, 2, 9, 1, 0, 3, 7};

        assertThat(new Bootstrap(tokens, 3).mean(values)).isEqualTo(new Bootstrap(tokens, 3).mean(values));
    }

    @Test
    void numbersThatAreNotFiniteCountAsTheLargest() {
        Estimate estimate = new Bootstrap(new int[] {1, 1}, 0).mean(new double[] {Double.POSITIVE_INFINITY, 1});

        assertThat(estimate.value()).isEqualTo(Double.MAX_VALUE);
        assertThat(estimate.interval().orElseThrow().high()).isEqualTo(Double.MAX_VALUE);
    }
}
