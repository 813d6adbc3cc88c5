package io.github.swscan.input;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file mapped into memory, read-only, piece by piece as it is asked for.
 *
 * <p>One mapping holds at most 2<sup>31</sup> - 1 bytes, less than a tensor may have. So the file is mapped in windows
 * that begin at every multiple of 1 GiB and are as long as they can be: they overlap by half, and any slice of up to 1
 * GiB lies in the window in whose first half it begins. Each window is mapped once.
 */
public final class MappedFile {
    private static final long WINDOW_STEP = 1L << 30;

    private final FileStamp stamp;
    private final Map<Long, MappedByteBuffer> windows = new ConcurrentHashMap<>();

    /** @param stamp what the file must still look like when it is mapped */
    public MappedFile(FileStamp stamp) {
        this.stamp = stamp;
    }

    /** The size of the file in bytes. */
    public long bytes() {
        return stamp.bytes();
    }

    /**
     * A part of the file, not copied, in big-endian order.
     *
     * @param length in bytes, at most 1 GiB
     * @throws InputException if the file has changed or cannot be mapped
     */
    public MappedByteBuffer slice(long offset, int length) {
        MappedByteBuffer window = windows.computeIfAbsent(offset / WINDOW_STEP, this::map);
        return window.slice((int) (offset % WINDOW_STEP), length);
    }

    private MappedByteBuffer map(long index) {
        stamp.check();
        // A mapping stays valid when its channel is closed.
        try (FileChannel channel = FileChannel.open(stamp.file(), StandardOpenOption.READ)) {
            // Reading beyond the end of a mapped file does not throw, it kills the process.
            if (channel.size() != stamp.bytes()) {
                throw new ChangedInputException(stamp.file(), null);
            }
            long start = index * WINDOW_STEP;
            return channel.map(
                    FileChannel.MapMode.READ_ONLY, start, Math.min(stamp.bytes() - start, Integer.MAX_VALUE));
        } catch (IOException failure) {
            throw InputException.unreadable(stamp.file(), failure);
        }
    }
}
