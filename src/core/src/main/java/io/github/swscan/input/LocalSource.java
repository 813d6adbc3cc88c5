package io.github.swscan.input;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A regular file of this machine. Slices are lent: the file is mapped into memory, read-only, piece by piece as it is
 * asked for, and the disk is read when the memory is. There is nothing to close, and no file is kept open: mappings go
 * when the garbage collector finds neither this nor a slice.
 *
 * <p>One mapping holds at most 2<sup>31</sup> - 1 bytes, less than a tensor may have. So the file is mapped in windows
 * that begin at every multiple of 1 GiB and are as long as they can be: they overlap by half, and any slice of up to 1
 * GiB lies in the window in whose first half it begins. Each window is mapped once.
 */
public final class LocalSource implements ByteSource {

    private static final long WINDOW_STEP = MAX_SLICE;

    private final FileStamp stamp;
    private final Map<Long, MappedByteBuffer> windows = new ConcurrentHashMap<>();

    private LocalSource(FileStamp stamp) {
        this.stamp = stamp;
    }

    /**
     * The file as it is. It is not opened yet.
     *
     * @throws InputException if it is not there, not accessible or not a regular file
     */
    public static LocalSource of(Path file) {
        return new LocalSource(FileStamp.of(file));
    }

    @Override
    public Path name() {
        return stamp.file();
    }

    @Override
    public long size() {
        return stamp.bytes();
    }

    @Override
    public FileChannel open() {
        stamp.check();
        try {
            FileChannel channel = FileChannel.open(stamp.file(), StandardOpenOption.READ);
            // Reading beyond the end of a mapped file does not throw, it kills the process.
            if (channel.size() != stamp.bytes()) {
                channel.close();
                throw new ChangedInputException(stamp.file(), null);
            }
            return channel;
        } catch (IOException failure) {
            throw unreadable(failure);
        }
    }

    @Override
    public Slice slice(long offset, int length) {
        return new Slice(mapped(offset, length), () -> {});
    }

    @Override
    public void prefetch(long offset, int length) {
        ReadingAhead.request(mapped(offset, length));
    }

    @Override
    public void checkUnchanged() {
        stamp.check();
    }

    @Override
    public InputException unreadable(IOException failure) {
        return InputException.unreadable(stamp.file(), failure);
    }

    private MappedByteBuffer mapped(long offset, int length) {
        MappedByteBuffer window = windows.computeIfAbsent(offset / WINDOW_STEP, this::map);
        return window.slice((int) (offset % WINDOW_STEP), length);
    }

    private MappedByteBuffer map(long index) {
        // A mapping stays valid when its channel is closed.
        try (FileChannel channel = open()) {
            long start = index * WINDOW_STEP;
            return channel.map(
                    FileChannel.MapMode.READ_ONLY, start, Math.min(stamp.bytes() - start, Integer.MAX_VALUE));
        } catch (IOException failure) {
            throw unreadable(failure);
        }
    }

    /** Whether it is the same file in the same state. */
    @Override
    public boolean equals(Object other) {
        return other instanceof LocalSource source && stamp.equals(source.stamp);
    }

    @Override
    public int hashCode() {
        return stamp.hashCode();
    }

    @Override
    public String toString() {
        return stamp.toString();
    }
}
