package io.github.swscan.forward;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** Has weights read from the disk before they are needed, so that the disk reads while the processor multiplies. */
final class WeightPrefetch implements AutoCloseable {

    /** In bytes; between two such parts the thread can be stopped. */
    private static final long LOADED_AT_ONCE = 1L << 24;

    private final Checkpoint checkpoint;
    private final ExecutorService reader = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "read-ahead");
        thread.setDaemon(true);
        return thread;
    });

    WeightPrefetch(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    /**
     * Has the beginning of what passes read brought into memory, before there is anything to run them. Returns at once.
     *
     * @param bytes how much, about
     */
    static void begin(Architecture architecture, Checkpoint checkpoint, long bytes) {
        WeightPrefetch beginning = new WeightPrefetch(checkpoint);
        long requested = 0;
        for (Block block : architecture.blocks()) {
            List<Linear> linears = block.surelyRead().toList();
            beginning.request(linears.stream());
            requested += linears.stream().mapToLong(beginning::bytes).sum();
            if (requested >= bytes) {
                break;
            }
        }
        beginning.reader.shutdown();
    }

    private long bytes(Linear linear) {
        DType dtype = checkpoint.find(linear.weight()).orElseThrow().dtype();
        return dtype.bytes((long) linear.inputs() * linear.outputs());
    }

    /** Returns at once. Whatever goes wrong shows when the weights are used. */
    void request(Stream<Linear> linears) {
        List<Linear> wanted = linears.toList();
        reader.execute(() -> wanted.forEach(this::load));
    }

    private void load(Linear linear) {
        TensorInfo tensor = checkpoint.find(linear.weight()).orElseThrow();
        DType dtype = tensor.dtype();
        long first = dtype.bytes(linear.firstElement());
        long end = first + bytes(linear);
        try {
            for (long from = first; from < end && !Thread.currentThread().isInterrupted(); ) {
                long length = Math.min(LOADED_AT_ONCE, end - from);
                checkpoint.readAhead(tensor, from, length);
                from += length;
            }
        } catch (InputException unreadable) {
            // Told when the weights are used; later requests must still find a thread that takes them.
        }
    }

    @Override
    public void close() {
        reader.shutdownNow();
    }
}
