package io.github.swscan.scan;

import io.github.swscan.engine.EngineSettings;
import io.github.swscan.report.DetectionReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Detections of several models in one process, some of them at the same time. Each of its threads has an engine of its
 * own, which it keeps from model to model: what models share is the program, its native libraries, and nothing else.
 */
public final class Batch {

    /**
     * A detection of one model.
     *
     * @param listener is told by the thread that scans
     */
    public record Task(DetectionRequest request, ScanListener listener) {}

    /**
     * What became of one task: a report, or the reason why there is none.
     *
     * @param failure whatever was thrown, errors included
     */
    public record Outcome(DetectionRequest request, Optional<DetectionReport> report, Optional<Throwable> failure) {}

    private Batch() {}

    /**
     * Runs all tasks. What one of them throws is no concern of the others.
     *
     * @param jobs how many at the same time, at least one; each has its share of the cores
     * @param done is told of each outcome, in the order of the tasks, as soon as it and those before it are there; by the
     *     thread that calls
     * @return all outcomes, in that order
     */
    public static List<Outcome> run(List<Task> tasks, int jobs, EngineSettings engine, Consumer<Outcome> done) {
        List<CompletableFuture<Outcome>> outcomes = Stream.generate(() -> new CompletableFuture<Outcome>())
                .limit(tasks.size())
                .toList();
        int threads = Math.min(jobs, tasks.size());
        AtomicInteger next = new AtomicInteger();
        Runnable job = () -> {
            try (LazyEngine engines = new LazyEngine(engine.shared(threads))) {
                for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                    outcomes.get(i).complete(outcome(tasks.get(i), engines));
                }
            }
        };
        for (int number = 1; number <= threads; number++) {
            start(job, number);
        }
        List<Outcome> told = new ArrayList<>();
        for (CompletableFuture<Outcome> outcome : outcomes) {
            told.add(outcome.join());
            done.accept(outcome.join());
        }
        return List.copyOf(told);
    }

    private static Outcome outcome(Task task, LazyEngine engines) {
        try {
            DetectionReport report = DetectionScan.run(task.request(), engines, task.listener());
            return new Outcome(task.request(), Optional.of(report), Optional.empty());
        } catch (Exception | Error e) {
            return new Outcome(task.request(), Optional.empty(), Optional.of(e));
        }
    }

    private static void start(Runnable job, int number) {
        Thread thread = new Thread(job, "scan-" + number);
        // An interrupted program does not wait for it.
        thread.setDaemon(true);
        thread.start();
    }
}
