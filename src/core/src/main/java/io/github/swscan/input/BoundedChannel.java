package io.github.swscan.input;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/**
 * Reads a source for a library that may ask for anything: block by block, where it looks at every few bytes, and at first
 * no more than a limit.
 */
public final class BoundedChannel implements SeekableByteChannel {

    private static final int BLOCK = 1 << 13;

    private final SeekableByteChannel channel;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK).limit(0);
    private long blockStart;
    private long position;
    private long left;

    /** @param limit how many bytes may be read until the limit is lifted */
    public BoundedChannel(ByteSource source, long limit) {
        this.channel = source.open();
        this.left = limit;
    }

    /** From here on, as much as wanted may be read. */
    public void lift() {
        left = Long.MAX_VALUE;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.remaining() > left) {
            throw new IOException("more would have to be read than any such file needs");
        }
        int read = target.remaining() < BLOCK
                ? readFromBlock(target)
                : channel.position(position).read(target);
        left -= Math.max(0, read);
        position += Math.max(0, read);
        return read;
    }

    private int readFromBlock(ByteBuffer target) throws IOException {
        if (position < blockStart || position >= blockStart + block.limit()) {
            blockStart = position / BLOCK * BLOCK;
            block.clear();
            channel.position(blockStart);
            while (block.hasRemaining() && channel.read(block) > 0) {
                // Goes on to the end of the block or the file.
            }
            block.flip();
        }
        int offset = (int) (position - blockStart);
        if (offset >= block.limit()) {
            return -1;
        }
        int length = Math.min(target.remaining(), block.limit() - offset);
        target.put(block.slice(offset, length));
        return length;
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long other) {
        if (other < 0) {
            throw new IllegalArgumentException("before the file's beginning: " + other);
        }
        position = other;
        return this;
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
