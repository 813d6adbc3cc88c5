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
 * <p>There are two ways to the bytes, and both fill memory of the reader: {@link #open}, for what is read once from the
 * front, such as a header, and {@link #read}, for data. Nothing is lent: what a reader has got stays as it is, whatever
 * becomes of the source.
 *
 * <p>Safe for use by several threads; a channel belongs to the one that asked for it.
 */
public interface ByteSource {

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
     * Fills memory with a part. Memory that is direct is filled without a further copy.
     *
     * @param offset where the part begins
     * @param target is filled from its position to its limit; as much must lie within the source
     * @throws InputException if there is no access to it, or it is not as it was
     */
    void read(long offset, ByteBuffer target);

    /**
     * Has a part made ready before {@link #read} asks for it. A source that cannot do that returns at once.
     *
     * @param length in bytes; the part must lie within the source
     * @throws InputException if there is no access to it, or it is not as it was
     */
    void prefetch(long offset, long length);

    /**
     * Looks whether it is as it was when this was made.
     *
     * @throws ChangedInputException if not: nothing that was read tells anything
     */
    void checkUnchanged();

    /**
     * Says in the user's terms why reading failed: that it is not as it was, if so.
     *
     * @return the exception to throw
     */
    InputException unreadable(IOException failure);

    /** Lets go of what {@link #read} keeps open. Whoever reads again opens it again. */
    void close();
}
