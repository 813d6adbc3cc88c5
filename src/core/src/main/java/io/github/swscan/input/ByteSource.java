package io.github.swscan.input;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;

/**
 * The bytes of one file of a model, wherever they are kept. Readers of formats take one of these and open nothing
 * themselves.
 *
 * <p>There are two ways to the bytes. {@link #open} fills memory of the reader, for what is read once from the front, such
 * as a header. {@link #slice} lends memory, for data, which may be long: where the source has the bytes in memory already,
 * nothing is copied.
 *
 * <p>Safe for use by several threads; a channel and a slice belong to the one that asked for it.
 */
public interface ByteSource {

    /** The longest slice, in bytes: 1 GiB. */
    long MAX_SLICE = 1L << 30;

    /** What messages and reports call it: a file's path as the user named it. It is a name and no way to the bytes. */
    Path name();

    /** How many bytes there are. */
    long size();

    /**
     * The bytes from the first on, read-only. A read may give fewer than are asked for before the end is reached. Failures
     * of reading are told in the user's terms by {@link #unreadable}.
     *
     * @return to be closed by the caller
     * @throws InputException if there is no access to it, or it is not as it was
     */
    SeekableByteChannel open();

    /**
     * The same as a stream, without a buffer.
     *
     * @return to be closed by the caller
     * @throws InputException if there is no access to it, or it is not as it was
     */
    default InputStream stream() {
        return Channels.newInputStream(open());
    }

    /**
     * A part.
     *
     * @param length in bytes, at most {@link #MAX_SLICE}; the part must lie within the source
     * @throws InputException if there is no access to it, or it is not as it was
     */
    Slice slice(long offset, int length);

    /**
     * Has a part made ready before {@link #slice} asks for it. Returns when it is; a source that cannot do that returns at
     * once.
     *
     * @param length in bytes, at most {@link #MAX_SLICE}; the part must lie within the source
     * @throws InputException if there is no access to it, or it is not as it was
     */
    void prefetch(long offset, int length);

    /**
     * Looks whether it is as it was when this was made.
     *
     * @throws ChangedInputException if not: nothing that was read tells anything
     */
    void checkUnchanged();

    /**
     * Says in the user's terms why reading failed.
     *
     * @return the exception to throw
     */
    InputException unreadable(IOException failure);

    /**
     * A part of a source, in memory. It is either lent, a view of what the source keeps, or filled, a copy of its own; nobody
     * can tell which. From {@link #close} on the source may put other bytes there: a reader keeps neither the buffer nor a
     * view of it beyond. Of a slice that is never closed, the memory stays as it is for as long as the buffer or a view of it
     * can be reached; so arrays may lie over it.
     *
     * @param bytes read-only, direct, big-endian; position 0, and the limit at the length
     * @param end what gives the memory back
     */
    record Slice(ByteBuffer bytes, Runnable end) implements AutoCloseable {

        @Override
        public void close() {
            end.run();
        }
    }
}
