package io.github.swscan.cli;

import java.io.PrintStream;
import java.util.function.LongConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how much of a checkpoint has been read: a bar where standard error is a terminal, else a line for every tenth
 * once the work takes longer than two seconds.
 */
final class ProgressDisplay implements LongConsumer, AutoCloseable {

    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final int WIDTH = 100;

    private final PrintStream err = System.err;
    private final boolean lines;
    private final ProgressBar bar;
    private final long total;
    private final long start = System.nanoTime();
    private long done;
    private long linesShown;

    private ProgressDisplay(long total, boolean lines, ProgressBar bar) {
        this.total = Math.max(1, total);
        this.lines = lines;
        this.bar = bar;
    }

    /** @param total the bytes of one reading */
    static ProgressDisplay of(long total, boolean quiet) {
        if (quiet) {
            return new ProgressDisplay(total, false, null);
        }
        // Only the launcher can see what standard error is.
        if (!Boolean.getBoolean("swscan.terminal")) {
            return new ProgressDisplay(total, true, null);
        }
        return new ProgressDisplay(
                total,
                false,
                new ProgressBarBuilder()
                        .setTaskName("reading")
                        .setInitialMax(total)
                        .setUnit(" MB", 1_000_000)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(100)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                        .clearDisplayOnFinish()
                        .build());
    }

    @Override
    public void accept(long bytes) {
        done += bytes;
        if (bar != null) {
            if (done > bar.getMax()) {
                // One more reading of the checkpoint than was foreseen.
                bar.maxHint(bar.getMax() + total);
            }
            bar.stepTo(done);
        } else if (lines && System.nanoTime() - start > PATIENCE_NANOS) {
            long tenths = done * 10 / total;
            if (tenths > linesShown) {
                linesShown = tenths;
                long reading = (done - 1) / total;
                long percent = tenths * 10 - reading * 100;
                err.println("swscan: " + percent + " % of " + Numbers.bytes(total) + " read"
                        + (reading == 0 ? "" : ", reading " + (reading + 1)));
            }
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
