package io.github.swscan.input;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A regular file of this machine. It is read, never mapped into memory: reading beyond the end of a mapped file, which
 * another process may have made shorter, kills the process. A file that is shorter than it was when it was opened says so
 * here.
 */
public final class LocalSource implements ByteSource {

    /** Java copies what it reads into memory of its own, and keeps that, unless the memory that is to be filled is direct. */
    private static final int READ_AT_ONCE_INTO_THE_HEAP = 1 << 18;

    private final FileStamp stamp;
    private FileChannel latest;

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
            return FileChannel.open(stamp.file(), StandardOpenOption.READ);
        } catch (IOException failure) {
            throw unreadable(failure);
        }
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        int start = target.position();
        int end = target.limit();
        try {
            while (target.position() < end) {
                int left = end - target.position();
                target.limit(
                        target.position() + (target.isDirect() ? left : Math.min(left, READ_AT_ONCE_INTO_THE_HEAP)));
                readSome(offset + target.position() - start, target);
            }
        } finally {
            target.limit(end);
        }
    }

    private void readSome(long offset, ByteBuffer target) {
        try {
            if (channel().read(target, offset) < 0) {
                throw new ChangedInputException(stamp.file(), null);
            }
        } catch (ClosedChannelException closed) {
            // Java closes a channel for all threads when one that reads is interrupted.
            if (Thread.currentThread().isInterrupted()) {
                throw unreadable(closed);
            }
        } catch (IOException failure) {
            throw unreadable(failure);
        }
    }

    @Override
    public void prefetch(long offset, long length) {
        ReadingAhead.request(stamp.file(), offset, length);
    }

    @Override
    public void checkUnchanged() {
        stamp.check();
    }

    @Override
    public InputException unreadable(IOException failure) {
        try {
            stamp.check();
        } catch (ChangedInputException changed) {
            changed.addSuppressed(failure);
            return changed;
        }
        return InputException.unreadable(stamp.file(), failure);
    }

    /** The open file. One that nobody closes is closed by Java when nobody has this any more. */
    private synchronized FileChannel channel() {
        if (latest == null || !latest.isOpen()) {
            latest = open();
        }
        return latest;
    }

    @Override
    public synchronized void close() {
        if (latest == null) {
            return;
        }
        try {
            latest.close();
        } catch (IOException failure) {
            throw unreadable(failure);
        }
        latest = null;
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
