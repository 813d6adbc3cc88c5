package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpikeTokensTest {

    private static SpikeTokens of(float... contributions) {
        return SpikeTokens.of(contributions);
    }

    @Test
    void thoseWhereTheMagnitudeIsAtLeastHalfOfTheLargest() {
        assertThat(of(1, -8, 3.9f, 4, -4, 0)).isEqualTo(new SpikeTokens(List.of(1, 3, 4), -8 / 3f));
    }

    @Test
    void aSpikeOfOneTokenIsItsOwnMean() {
        assertThat(of(0.1f, 0.2f, -50, 0.1f)).isEqualTo(new SpikeTokens(List.of(2), -50));
    }

    @Test
    void whatContributesNothingHasNone() {
        assertThat(of(0, 0)).isEqualTo(new SpikeTokens(List.of(), 0));
        assertThat(of()).isEqualTo(new SpikeTokens(List.of(), 0));
    }
}
