package io.github.swscan.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressDisplayTest {

    private static final long SECOND = 1_000_000_000L;

    private final StringWriter err = new StringWriter();
    private long time = -5 * SECOND;

    @Test
    void workOfTwoSecondsIsNotWorthALine() {
        read(lines().of(1000, 1), 100, 2 * SECOND, 10);

        assertThat(err.toString()).isEmpty();
    }

    @Test
    void longerWorkShowsALineWheneverItHasTakenTwiceAsLong() {
        read(lines().of(4_000_000, 1), 40_000, 100 * SECOND, 100);

        assertThat(err.toString().lines())
                .containsExactlyElementsOf(Stream.of(3, 5, 9, 17, 33, 65)
                        .map(second ->
                                "swscan: %d %% of 4.00 MB read, 40.00 kB/s, %d s left".formatted(second, 100 - second))
                        .toList());
    }

    /** Of whatever parts it is made. */
    @Test
    void noWorkShowsMoreThanTenLines() {
        ProgressDisplay display = lines();
        for (int part = 0; part < 100; part++) {
            read(display.of(1000, 1), 1, 1000 * SECOND, 1000);
        }

        assertThat(err.toString().lines()).hasSize(10);
    }

    @Test
    void whichReadingItIsIsTold() {
        read(lines().of(1000, 2), 250, 100 * SECOND, 4);

        assertThat(err.toString().lines())
                .containsExactly(
                        "swscan: 25 % of 1.00 kB read, 10 B/s, 75 s left, reading 1 of 2",
                        "swscan: 50 % of 1.00 kB read, 10 B/s, 50 s left, reading 2 of 2",
                        "swscan: 75 % of 1.00 kB read, 10 B/s, 25 s left, reading 2 of 2");
    }

    /** More than was foreseen changes no total. */
    @Test
    void theTotalStays() {
        read(lines().of(1000, 1), 900, 100 * SECOND, 3);

        assertThat(err.toString().lines())
                .containsExactly(
                        "swscan: 90 % of 1.00 kB read, 27 B/s, 4 s left",
                        "swscan: 100 % of 1.00 kB read, 15 B/s, 0 s left");
    }

    @ParameterizedTest
    @CsvSource({"2000, 32 min", "20000, 5 h 28 min"})
    void longTimesAreInLongerUnits(int seconds, String left) {
        read(lines().of(1000, 1), 6, seconds / 10 * SECOND, 16);

        assertThat(err.toString()).contains(", " + left + " left");
    }

    @Test
    void quietShowsNothing() {
        read(ProgressDisplay.of(new PrintWriter(err), true).of(1000, 1), 500, 40 * SECOND, 4);

        assertThat(err.toString()).isEmpty();
    }

    private ProgressDisplay lines() {
        return ProgressDisplay.lines(new PrintWriter(err), () -> time);
    }

    private void read(Progress progress, long bytes, long duration, int steps) {
        for (int step = 0; step < steps; step++) {
            time += duration / steps;
            progress.accept(bytes);
        }
    }
}
