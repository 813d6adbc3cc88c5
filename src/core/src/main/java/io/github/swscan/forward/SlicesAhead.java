package io.github.swscan.forward;

import io.github.swscan.engine.TorchEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What is made of slices of weights, made by a thread of its own before they are used, in the order in which they will be.
 *
 * <p>It never holds up the pass: what it has not begun when it is needed is made by the thread that needs it. There is room
 * for one slice at least. Where what is needed first finds none, what is needed later gives way and is made again.
 *
 * <p>Slices may be announced by any thread, and are taken by one at a time.
 */
final class SlicesAhead<T> implements AutoCloseable {

    private final Function<WeightSlice, T> maker;
    private final Consumer<T> freer;
    private final ToLongFunction<WeightSlice> size;
    private final long room;
    private final Thread worker;
    private final List<Ahead> queue = new ArrayList<>(); // in the order of use
    private long taken; // of the room
    private int passedOver;
    private boolean closed;
    private Optional<Made<T>> inUse = Optional.empty();

    /** What was taken last. */
    private record Made<T>(WeightSlice slice, T value) {}

    /**
     * @param threadName of the thread that makes ahead
     * @param maker makes what is taken, called by two threads at a time at most
     * @param freer frees what was made; at any time, one more is not freed than has room ahead
     * @param size what a slice takes of the room
     * @param room how much may be made that is not in use yet
     */
    SlicesAhead(
            String threadName,
            Function<WeightSlice, T> maker,
            Consumer<T> freer,
            ToLongFunction<WeightSlice> size,
            long room) {
        this.maker = maker;
        this.freer = freer;
        this.size = size;
        this.room = room;
        this.worker = TorchEngine.newThread(this::work, threadName);
        worker.start();
    }

    /**
     * Has slices made that will surely be used, in this order, after all others. Returns at once; what goes wrong shows when
     * they are taken.
     */
    synchronized void prepare(List<WeightSlice> slices) {
        enter(queue.size(), slices);
    }

    /** The same, for those that will be used before all others. */
    synchronized void prepareFirst(List<WeightSlice> slices) {
        enter(0, slices);
    }

    private void enter(int place, List<WeightSlice> slices) {
        Set<WeightSlice> known = queue.stream().map(ahead -> ahead.slice).collect(Collectors.toSet());
        queue.addAll(place, slices.stream().filter(known::add).map(Ahead::new).toList());
        notifyAll();
    }

    /** What is made of a slice. Valid until the next call. */
    T take(WeightSlice slice) {
        Optional<T> same = inUse.filter(made -> made.slice().equals(slice)).map(Made::value);
        if (same.isPresent()) {
            remove(slice).ifPresent(this::drop);
            return same.get();
        }
        inUse.map(Made::value).ifPresent(freer);
        inUse = Optional.empty();
        Optional<Ahead> begun = remove(slice);
        T value = begun.map(Ahead::result).orElseGet(() -> maker.apply(slice));
        begun.ifPresent(this::leave);
        inUse = Optional.of(new Made<>(slice, value));
        return value;
    }

    /** How many slices were announced and not used when it was their turn, or have not been used yet. */
    synchronized int unused() {
        return passedOver + queue.size();
    }

    /** Takes a slice off the queue; empty where it has not been begun. */
    private synchronized Optional<Ahead> remove(WeightSlice slice) {
        int place = 0;
        while (place < queue.size() && !queue.get(place).slice.equals(slice)) {
            place++;
        }
        if (place == queue.size()) {
            return Optional.empty();
        }
        Ahead ahead = queue.remove(place);
        if (ahead.begun) {
            return Optional.of(ahead);
        }
        // Those before it should have been used: they would take the room for ever.
        List<Ahead> before = queue.subList(0, place);
        passedOver += place;
        before.forEach(this::drop);
        before.clear();
        notifyAll();
        return Optional.empty();
    }

    private void work() {
        for (Optional<Ahead> next = next(); next.isPresent(); next = next()) {
            next.get().task.run();
        }
    }

    /** Waits for a slice that there is room for; empty at the end. */
    private synchronized Optional<Ahead> next() {
        while (!closed) {
            Optional<Ahead> first = queue.stream().filter(ahead -> !ahead.begun).findFirst();
            if (first.isPresent()) {
                Ahead next = first.get();
                List<Ahead> later = queue.subList(queue.indexOf(next) + 1, queue.size());
                for (int i = later.size() - 1; i >= 0 && !fits(next); i--) {
                    drop(later.get(i));
                }
                if (fits(next)) {
                    next.begun = true;
                    taken += next.room;
                    return first;
                }
            }
            try {
                wait();
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        return Optional.empty();
    }

    private boolean fits(Ahead ahead) {
        return taken + ahead.room <= room;
    }

    /** Frees what was made, if anything was. */
    private synchronized void drop(Ahead ahead) {
        if (ahead.begun) {
            ahead.free();
            taken -= ahead.room;
            ahead.renew();
        }
    }

    private synchronized void leave(Ahead ahead) {
        taken -= ahead.room;
        notifyAll();
    }

    /** Frees all that is left. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            worker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        queue.forEach(this::drop);
        inUse.map(Made::value).ifPresent(freer);
        inUse = Optional.empty();
    }

    /** A slice that was announced. */
    private final class Ahead {

        private final WeightSlice slice;
        private final long room;
        private boolean begun;
        private FutureTask<T> task;

        Ahead(WeightSlice slice) {
            this.slice = slice;
            this.room = Math.min(SlicesAhead.this.room, size.applyAsLong(slice));
            renew();
        }

        void renew() {
            begun = false;
            task = new FutureTask<>(() -> maker.apply(slice));
        }

        T result() {
            try {
                return task.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) e.getCause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while weights were read", e);
            }
        }

        /** Frees what was made, once it is. */
        void free() {
            T value;
            try {
                value = result();
            } catch (RuntimeException failed) {
                // Nothing was made.
                return;
            }
            freer.accept(value);
        }
    }
}
