package io.github.swscan.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

    private static final long SECOND = 1_000_000_000L;

    private final StringWriter err = new StringWriter();
    private long time = -5 * SECOND;

    @Test
    void workOfTwoSecondsIsNotWorthALine() {
        try (ProgressDisplay progress = lines(1000)) {
            read(progress, 100, 2 * SECOND, 10);
        }

        assertThat(err.toString()).isEmpty();
    }

    @Test
    void longerWorkShowsALineForEveryTenth() {
        try (ProgressDisplay progress = lines(4_000_000)) {
            read(progress, 40_000, 100 * SECOND, 100);
        }

        assertThat(err.toString().lines())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 10)
                        .mapToObj(tenth -> "swscan: " + tenth * 10 + " % of 4.00 MB read")
                        .toList());
    }

    @Test
    void tenthsThatPassAtOnceShareALine() {
        try (ProgressDisplay progress = lines(1000)) {
            read(progress, 350, 9 * SECOND, 2);
        }

        assertThat(err.toString()).isEqualTo("swscan: 30 % of 1.00 kB read\nswscan: 70 % of 1.00 kB read\n");
    }

    @Test
    void aSecondReadingIsCountedAnew() {
        try (ProgressDisplay progress = lines(1000)) {
            read(progress, 500, 40 * SECOND, 4);
        }

        assertThat(err.toString().lines())
                .containsExactly(
                        "swscan: 50 % of 1.00 kB read",
                        "swscan: 100 % of 1.00 kB read",
                        "swscan: 50 % of 1.00 kB read, reading 2",
                        "swscan: 100 % of 1.00 kB read, reading 2");
    }

    @Test
    void quietShowsNothing() {
        try (ProgressDisplay progress = ProgressDisplay.of(1000, new PrintWriter(err), true)) {
            read(progress, 500, 40 * SECOND, 4);
        }

        assertThat(err.toString()).isEmpty();
    }

    private ProgressDisplay lines(long total) {
        return ProgressDisplay.lines(total, new PrintWriter(err), () -> time);
    }

    private void read(ProgressDisplay progress, long bytes, long duration, int steps) {
        for (int step = 0; step < steps; step++) {
            time += duration / steps;
            progress.accept(bytes);
        }
    }
}
