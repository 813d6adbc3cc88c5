package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.engine.AvailableMemory;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.fixture.ReferenceCheckpoint;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationRowsTest {

    private static final long MIB = 1 << 20;

    private static final Architecture ARCHITECTURE =
            ReferenceCheckpoint.named("reference/llama").described().architecture();

    private static ActivationRows left(long mebibytes) {
        return ActivationRows.of(
                ARCHITECTURE,
                Optional.of(new AvailableMemory(mebibytes * MIB, "the control group's limit of 300 MiB")));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000, 1_000_000, 50_000_000, ActivationRows.MEMORY})
    void asManyAsFitAndNoMore(long bytes) {
        ActivationRows rows = ActivationRows.within(ARCHITECTURE, bytes);

        assertThat(rows.bytes(rows.most())).isLessThanOrEqualTo((double) bytes);
        assertThat(rows.bytes(rows.most() + 1)).isGreaterThan((double) bytes);
    }

    @Test
    void moreRowsNeverTakeLess() {
        ActivationRows rows = ActivationRows.within(ARCHITECTURE, ActivationRows.MEMORY);
        double before = 0;
        for (long count = 0; count < 2_000_000; count += 5_000) {
            assertThat(rows.bytes(count)).isGreaterThanOrEqualTo(before);
            before = rows.bytes(count);
        }
    }

    @Test
    void plentyOfMemoryChangesNothing() {
        assertThat(left(1 << 20).most())
                .isEqualTo(ActivationRows.within(ARCHITECTURE, ActivationRows.MEMORY)
                        .most())
                .isEqualTo(ActivationRows.of(ARCHITECTURE, Optional.empty()).most());
    }

    @Test
    void lessMemoryLeavesFewerRows() {
        assertThat(left(200).most()).isBetween(1L, left(400).most() - 1);
        assertThat(left(100).most()).isZero();
    }

    @Test
    void whatDoesNotFitIsToldBefore() {
        ActivationRows rows = left(170);

        assertThatCode(() -> rows.require(rows.most())).doesNotThrowAnyException();
        assertThatThrownBy(() -> rows.require(rows.most() + 1))
                .isInstanceOf(EngineFailure.class)
                .hasMessageStartingWith("not enough memory: " + (rows.most() + 1) + " tokens at once take about ")
                .hasMessageContaining("the control group's limit of 300 MiB leaves ")
                .hasMessageContaining("--max-tokens");
    }

    @Test
    void whereNobodyKnowsNothingIsRefused() {
        assertThatCode(() -> ActivationRows.of(ARCHITECTURE, Optional.empty()).require(Long.MAX_VALUE))
                .doesNotThrowAnyException();
    }

    /** Measured: 1.46 GiB for 12,288 rows of SmolLM2-135M, besides 160 MiB. */
    @Test
    void isNearWhatWasMeasured() {
        assertThat(ActivationRows.reckoned(576, 1536, 12_288) / MIB + 160).isCloseTo(1_500, within(450.0));
        assertThat(ActivationRows.reckoned(576, 1536, 2_048) / MIB + 160).isCloseTo(317, within(95.0));
        assertThat(ActivationRows.reckoned(640, 2048, 6_144) / MIB + 160).isCloseTo(802, within(240.0));
        assertThat(ActivationRows.reckoned(1024, 2048, 4_096) / MIB + 160).isCloseTo(773, within(230.0));
    }
}
