package io.github.swscan.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** The times of several runs of the same thing, in seconds. */
record Timing(List<Double> seconds) {

    Timing {
        seconds = seconds.stream().sorted().toList();
    }

    /** @param warmUps runs before those that count */
    static Timing of(int runs, int warmUps, Callable<?> work) throws Exception {
        List<Double> seconds = new ArrayList<>();
        for (int i = -warmUps; i < runs; i++) {
            long start = System.nanoTime();
            work.call();
            if (i >= 0) {
                seconds.add((System.nanoTime() - start) / 1e9);
            }
        }
        return new Timing(seconds);
    }

    double median() {
        int middle = seconds.size() / 2;
        return seconds.size() % 2 == 1 ? seconds.get(middle) : (seconds.get(middle - 1) + seconds.get(middle)) / 2;
    }

    /** Median and spread. */
    @Override
    public String toString() {
        return format(median()) + " (" + format(seconds.get(0)) + " to " + format(seconds.get(seconds.size() - 1))
                + ")";
    }

    static String format(double seconds) {
        return seconds < 1
                ? String.format(Locale.ROOT, "%.1f ms", seconds * 1000)
                : String.format(Locale.ROOT, "%.2f s", seconds);
    }
}
