package io.github.swscan.cli.screen;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how much of a checkpoint has been read: a bar where standard error is a terminal, else a line for every tenth
 * once the work takes longer than two seconds.
 */
public final class ProgressDisplay implements Progress {

    private static final long PATIENCE_NANOS = 2_000_000_000L;
    /** No terminal is narrower. */
    static final int WIDTH = 79;

    private final long total;
    private final Optional<PrintWriter> lines;
    private final Optional<ProgressBar> bar;
    private final LongSupplier nanoTime;
    private final long start;
    private long done;
    private long tenthsShown;

    private ProgressDisplay(long total, Optional<PrintWriter> lines, Optional<ProgressBar> bar, LongSupplier nanoTime) {
        this.total = Math.max(1, total);
        this.lines = lines;
        this.bar = bar;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
    }

    /**
     * Begins to show progress.
     *
     * @param total the bytes of one reading
     * @param err standard error
     * @param quiet to show nothing
     */
    public static ProgressDisplay of(long total, PrintWriter err, boolean quiet) {
        if (quiet) {
            return new ProgressDisplay(total, Optional.empty(), Optional.empty(), System::nanoTime);
        }
        return Terminal.showsErrors()
                ? new ProgressDisplay(total, Optional.empty(), Optional.of(bar(total)), System::nanoTime)
                : lines(total, err, System::nanoTime);
    }

    static ProgressDisplay lines(long total, PrintWriter err, LongSupplier nanoTime) {
        return new ProgressDisplay(total, Optional.of(err), Optional.empty(), nanoTime);
    }

    private static ProgressBar bar(long total) {
        return new ProgressBarBuilder()
                .setTaskName("reading")
                .setInitialMax(total)
                .setUnit(" MB", 1_000_000)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                .clearDisplayOnFinish()
                .build();
    }

    @Override
    public void accept(long bytes) {
        done += bytes;
        bar.ifPresent(this::step);
        if (nanoTime.getAsLong() - start > PATIENCE_NANOS) {
            lines.ifPresent(this::printTenth);
        }
    }

    private void step(ProgressBar shown) {
        if (done > shown.getMax()) {
            // One more reading of the checkpoint than was foreseen.
            shown.maxHint(shown.getMax() + total);
        }
        shown.stepTo(done);
    }

    private void printTenth(PrintWriter err) {
        long tenths = done * 10 / total;
        if (tenths > tenthsShown) {
            tenthsShown = tenths;
            long reading = (tenths - 1) / 10;
            err.println("swscan: " + (tenths * 10 - reading * 100) + " % of " + Numbers.bytes(total) + " read"
                    + (reading == 0 ? "" : ", reading " + (reading + 1)));
            err.flush();
        }
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }
}
