package io.github.swscan.cli;

import io.github.swscan.cli.screen.Progress;
import io.github.swscan.cli.screen.SeveralProgress;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Scans several models in one process, some of them at the same time. Each of its threads has an engine of its own, which
 * it keeps from model to model: what models share is the program, its native libraries, and nothing else.
 */
final class SeveralScans {

    /** @param reportFile where the model's report goes */
    record Task(Path model, Path reportFile) {}

    /**
     * What became of one model: a scan, or the reason why there is none.
     *
     * @param printed what the scan shows
     */
    record Outcome(Task task, Optional<Scanned> scanned, Optional<Failures.Told> failure, String printed) {

        /** What a scan of this model alone would have ended with. */
        int code() {
            return failure.map(Failures.Told::code)
                    .orElseGet(() -> scanned.orElseThrow().code());
        }
    }

    /** Scans one model. What it throws is no concern of the others. */
    interface Scan {
        Scanned run(Task task, LazyEngine engine, StringWriter printed, Progress.Display progress);
    }

    private SeveralScans() {}

    /**
     * Scans all models.
     *
     * @param jobs how many at the same time
     * @param engines one for each job
     * @param done is told of each outcome, in the order of the tasks, as soon as it and those before it are there
     * @return all outcomes, in that order
     */
    static List<Outcome> run(
            List<Task> tasks,
            int jobs,
            Supplier<LazyEngine> engines,
            SeveralProgress progress,
            Scan scan,
            Consumer<Outcome> done) {
        List<CompletableFuture<Outcome>> outcomes = Stream.generate(() -> new CompletableFuture<Outcome>())
                .limit(tasks.size())
                .toList();
        AtomicInteger next = new AtomicInteger();
        Runnable job = () -> {
            try (LazyEngine engine = engines.get()) {
                for (int i = next.getAndIncrement(); i < tasks.size(); i = next.getAndIncrement()) {
                    outcomes.get(i).complete(outcome(tasks.get(i), engine, progress, scan));
                }
            }
        };
        for (int number = 1; number <= jobs; number++) {
            start(job, number);
        }
        List<Outcome> told = new ArrayList<>();
        for (CompletableFuture<Outcome> outcome : outcomes) {
            told.add(outcome.join());
            done.accept(outcome.join());
        }
        return told;
    }

    private static Outcome outcome(Task task, LazyEngine engine, SeveralProgress progress, Scan scan) {
        try (SeveralProgress.OfModel shown = progress.model()) {
            StringWriter printed = new StringWriter();
            Scanned scanned = scan.run(task, engine, printed, shown);
            return new Outcome(task, Optional.of(scanned), Optional.empty(), printed.toString());
        } catch (Exception | Error e) {
            return new Outcome(task, Optional.empty(), Optional.of(Failures.told(e)), "");
        }
    }

    private static void start(Runnable job, int number) {
        Thread thread = new Thread(job, "scan-" + number);
        // An interrupted program does not wait for it.
        thread.setDaemon(true);
        thread.start();
    }
}
