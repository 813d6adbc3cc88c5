package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.TorchEngine;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Copies of weights in the memory of the device that computes, made before they are used and freed after.
 *
 * <p>A thread of its own reads them from the file and sends them, while the device computes with the last ones. It never
 * holds up the pass: what it has not begun when it is needed is copied by the thread that needs it.
 */
final class DeviceCopies implements AutoCloseable {

    /** In bytes: how much the device holds that is not yet in use, if no single slice is larger. */
    static final long LONGEST_AHEAD = 1L << 32;

    private static final long PERMIT = 1L << 20;

    private final Operations operations;
    private final NDManager device;
    private final Function<WeightSlice, NDArray> reader;
    private final Semaphore room;
    private final int wholeRoom;
    private final Map<WeightSlice, Copy> prepared = new ConcurrentHashMap<>();
    private final ExecutorService copier =
            Executors.newSingleThreadExecutor(task -> TorchEngine.newThread(task, "weights-to-device"));
    private final Object reading = new Object();
    private NDArray inUse;

    /**
     * @param device owns the copies
     * @param reader gives a slice as it is stored, in the memory of the CPU; called by one thread at a time, within a
     *     scope that frees what it makes
     * @param longestAhead see {@link #LONGEST_AHEAD}
     */
    DeviceCopies(Operations operations, NDManager device, Function<WeightSlice, NDArray> reader, long longestAhead) {
        this.operations = operations;
        this.device = device;
        this.reader = reader;
        this.wholeRoom = Math.max(1, permits(longestAhead));
        this.room = new Semaphore(wholeRoom);
    }

    /** Has slices copied that will surely be used, in this order. Returns at once; what goes wrong shows when they are. */
    void prepare(List<WeightSlice> slices) {
        for (WeightSlice slice : slices) {
            Copy copy = new Copy(slice);
            if (prepared.putIfAbsent(slice, copy) == null) {
                copier.execute(copy::makeAhead);
            }
        }
    }

    /** A slice as it is stored, on the device. Valid until the next call. */
    NDArray take(WeightSlice slice) {
        free();
        Copy copy = prepared.remove(slice);
        inUse = copy == null ? copied(slice) : copy.taken();
        return inUse;
    }

    /** How many slices were to be copied and have not been used. */
    int unused() {
        return prepared.size();
    }

    private void free() {
        if (inUse != null) {
            inUse.close();
            inUse = null;
        }
    }

    private NDArray copied(WeightSlice slice) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray copy;
            synchronized (reading) {
                copy = operations.copyTo(device, reader.apply(slice));
            }
            NDScope.unregister(copy);
            return copy;
        }
    }

    /** The copies that are left are freed with the device's manager. */
    @Override
    public void close() {
        copier.shutdownNow();
        try {
            while (!copier.awaitTermination(1, TimeUnit.MINUTES)) {
                // A copy that is under way must find its managers open.
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int permits(long bytes) {
        return Math.toIntExact((bytes + PERMIT - 1) / PERMIT);
    }

    /** A copy that one of two threads makes. */
    private final class Copy {

        private final FutureTask<NDArray> task;
        private final int permits;
        private final AtomicBoolean begun = new AtomicBoolean();

        Copy(WeightSlice slice) {
            this.task = new FutureTask<>(() -> copied(slice));
            this.permits = Math.min(wholeRoom, permits(slice.bytes()));
        }

        void makeAhead() {
            try {
                room.acquire(permits);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (begun.compareAndSet(false, true)) {
                task.run();
            } else {
                room.release(permits);
            }
        }

        NDArray taken() {
            if (begun.compareAndSet(false, true)) {
                task.run();
                return result();
            }
            NDArray copy = result();
            room.release(permits);
            return copy;
        }

        private NDArray result() {
            try {
                return task.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) e.getCause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while weights were copied", e);
            }
        }
    }
}
