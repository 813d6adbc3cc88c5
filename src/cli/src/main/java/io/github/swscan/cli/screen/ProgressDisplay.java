package io.github.swscan.cli.screen;

import io.github.swscan.report.text.Numbers;
import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.util.Optional;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how much of a checkpoint has been read: a bar where standard error is a terminal, else a line when the work has
 * taken 2 seconds, 4, 8, and so on: {@value #MOST_LINES} at most, however long it takes.
 */
public final class ProgressDisplay implements Progress.Display {

    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final double NANOS_A_SECOND = 1e9;
    private static final int MOST_LINES = 10;
    private static final int WIDEST_BAR = 79;

    private final Optional<PrintWriter> lines;
    private final boolean bars;
    private final LongSupplier nanoTime;
    private final long start;
    private long nextLine = PATIENCE_NANOS;
    private int shown;

    private ProgressDisplay(Optional<PrintWriter> lines, boolean bars, LongSupplier nanoTime) {
        this.lines = lines;
        this.bars = bars;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
    }

    /**
     * For one run of the program, which begins with this.
     *
     * @param err standard error
     * @param quiet to show nothing
     */
    public static ProgressDisplay of(PrintWriter err, boolean quiet) {
        boolean bars = Terminal.showsErrors();
        return new ProgressDisplay(
                quiet || bars ? Optional.empty() : Optional.of(err), bars && !quiet, System::nanoTime);
    }

    static ProgressDisplay lines(PrintWriter err, LongSupplier nanoTime) {
        return new ProgressDisplay(Optional.of(err), false, nanoTime);
    }

    @Override
    public Progress of(long bytes, int readings) {
        return new Part(Math.max(1, bytes), readings);
    }

    /** Less than a line, so that the terminal does not begin another. */
    static int barWidth() {
        return Math.min(WIDEST_BAR, Terminal.errorColumns() - 1);
    }

    private static ProgressBar bar(long total) {
        return new ProgressBarBuilder()
                .setTaskName("reading")
                .setInitialMax(total)
                .setUnit(" MB", 1_000_000)
                .showSpeed(new DecimalFormat("0"))
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, barWidth()))
                .clearDisplayOnFinish()
                .build();
    }

    /** A part of the work. What is foreseen is the most that is read, so that the end may come before it. */
    private final class Part implements Progress {

        private final long total;
        private final int readings;
        private final Optional<ProgressBar> bar;
        private final long begin = nanoTime.getAsLong();
        private long done;

        Part(long total, int readings) {
            this.total = total;
            this.readings = readings;
            this.bar = bars ? Optional.of(bar(total)) : Optional.empty();
        }

        @Override
        public void accept(long bytes) {
            done = Math.min(total, done + bytes);
            bar.ifPresent(shownBar -> shownBar.stepTo(done).setExtraMessage(reading(" ")));
            lines.ifPresent(this::print);
        }

        private void print(PrintWriter err) {
            long now = nanoTime.getAsLong();
            long passed = now - start;
            if (passed <= nextLine || shown == MOST_LINES) {
                return;
            }
            while (nextLine < passed) {
                nextLine *= 2;
            }
            shown++;
            err.println("swscan: " + 100 * done / total + " % of " + Numbers.bytes(total) + " read" + speed(now - begin)
                    + reading(", "));
            err.flush();
        }

        /** How fast this part has gone so far, and how long the rest of it takes if that stays so. */
        private String speed(long nanos) {
            if (done == 0 || nanos == 0) {
                return "";
            }
            double perSecond = done / (nanos / NANOS_A_SECOND);
            return ", %s/s, %s left"
                    .formatted(
                            Numbers.bytes(Math.round(perSecond)),
                            Numbers.duration(Math.round((total - done) / perSecond)));
        }

        /** Which of several readings it is, all of them being of the same size but for a few rows. */
        private String reading(String separator) {
            long number = Math.min(readings, 1 + done * readings / total);
            return readings == 1 ? "" : "%sreading %d of %d".formatted(separator, number, readings);
        }

        @Override
        public void close() {
            bar.ifPresent(ProgressBar::close);
        }
    }
}
