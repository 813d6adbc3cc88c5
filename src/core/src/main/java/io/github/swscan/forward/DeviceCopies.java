package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.github.swscan.engine.Operations;
import java.util.function.Function;

/** Copies of weights in the memory of the device that computes, made before they are used and freed after. */
final class DeviceCopies implements AutoCloseable {

    /** In bytes: how much the device holds that is not yet in use, if no single slice is larger. */
    static final long LONGEST_AHEAD = 1L << 32;

    private final Operations operations;
    private final NDManager device;
    private final Function<WeightSlice, NDArray> reader;
    private final SlicesAhead<NDArray> copies;

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
        this.copies =
                new SlicesAhead<>("weights-to-device", this::copy, NDArray::close, WeightSlice::bytes, longestAhead);
    }

    /** Where slices are announced. */
    SlicesAhead<NDArray> ahead() {
        return copies;
    }

    /** A slice as it is stored, on the device. Valid until the next call. */
    NDArray take(WeightSlice slice) {
        return copies.take(slice);
    }

    private synchronized NDArray copy(WeightSlice slice) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray copy = operations.copyTo(device, reader.apply(slice));
            NDScope.unregister(copy);
            return copy;
        }
    }

    @Override
    public void close() {
        copies.close();
    }
}
