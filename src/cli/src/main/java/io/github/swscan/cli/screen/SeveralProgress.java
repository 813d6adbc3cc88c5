package io.github.swscan.cli.screen;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far a scan of several models has come: one bar for all of them where standard error is a terminal, else
 * nothing. For use by several threads.
 */
public final class SeveralProgress implements AutoCloseable {

    /** The steps of one model. */
    private static final long STEPS = 1000;

    private final Optional<ProgressBar> bar;

    private SeveralProgress(Optional<ProgressBar> bar) {
        this.bar = bar;
    }

    public static SeveralProgress of(int models, boolean quiet) {
        return new SeveralProgress(quiet || !Terminal.showsErrors() ? Optional.empty() : Optional.of(bar(models)));
    }

    private static ProgressBar bar(int models) {
        return new ProgressBarBuilder()
                .setTaskName("scanning")
                .setInitialMax(models * STEPS)
                .setUnit(" models", STEPS)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, ProgressDisplay.barWidth()))
                .clearDisplayOnFinish()
                .build();
    }

    /** For one of the models. */
    public Progress.Display model() {
        return new OfModel();
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }

    private final class OfModel implements Progress.Display {

        private long shown;

        /** What is read beyond one reading does not show. */
        @Override
        public Progress of(long bytes, int readings) {
            AtomicLong read = new AtomicLong();
            return Progress.to(more -> show(Math.min(STEPS, read.addAndGet(more) * STEPS / Math.max(1, bytes))));
        }

        @Override
        public void ended() {
            show(STEPS);
        }

        private synchronized void show(long steps) {
            long further = steps - shown;
            if (further > 0) {
                bar.ifPresent(all -> all.stepBy(further));
                shown = steps;
            }
        }
    }
}
