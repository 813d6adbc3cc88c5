package io.github.swscan.integrity;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** Independent pieces of work, done by all processors, the longest first. */
final class AllProcessors {

    private AllProcessors() {}

    /** How often those who wait are told how far it is. */
    private static final long MILLISECONDS = 100;

    /**
     * Something to do.
     *
     * @param size how long it takes, beside others
     * @param work tells how many bytes it has read, again and again
     */
    record Task<T>(long size, Function<LongConsumer, T> work) {}

    /**
     * Does all of it.
     *
     * @param read is told how many bytes were read, by the thread that asks
     * @return what each gave, in the order of the tasks
     * @throws RuntimeException what one of them threw; the others are given up
     */
    static <T> List<T> run(List<Task<T>> tasks, LongConsumer read) {
        LongAdder unreported = new LongAdder();
        ExecutorService processors =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<T>> futures = new ArrayList<>(tasks.size());
            tasks.forEach(task -> futures.add(null));
            IntStream.range(0, tasks.size())
                    .boxed()
                    .sorted(Comparator.comparingLong(
                                    (Integer task) -> tasks.get(task).size())
                            .reversed())
                    .forEach(task -> futures.set(
                            task, processors.submit(() -> tasks.get(task).work().apply(unreported::add))));
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(result(future, () -> read.accept(unreported.sumThenReset())));
            }
            read.accept(unreported.sumThenReset());
            return results;
        } finally {
            processors.shutdownNow();
        }
    }

    private static <T> T result(Future<T> future, Runnable meanwhile) {
        try {
            while (true) {
                try {
                    return future.get(MILLISECONDS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException notYet) {
                    meanwhile.run();
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException("a checked exception of a supplier", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
