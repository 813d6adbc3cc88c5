package io.github.swscan.scan;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Tells a listener of one reading while it is open, and counts what is read. */
final class Reading implements LongConsumer, AutoCloseable {

    private final ScanListener listener;
    private final AtomicLong total;

    /**
     * @param bytes how many it is going to read
     * @param readings how often it reads the checkpoint for that
     * @param total counts the bytes of all readings
     */
    Reading(ScanListener listener, long bytes, int readings, AtomicLong total) {
        this.listener = listener;
        this.total = total;
        listener.readingBegins(bytes, readings);
    }

    @Override
    public void accept(long bytes) {
        total.addAndGet(bytes);
        listener.bytesRead(bytes);
    }

    @Override
    public void close() {
        listener.readingEnds();
    }
}
