package io.github.swscan.checkpoint.tensor;

/**
 * Some bits of a byte in a row of bytes.
 *
 * @param index of the byte, counted from 0
 * @param mask which bits these are
 * @param value what they are, at their places
 */
public record ByteBits(long index, int mask, int value) {

    /** The byte with these bits in it, and its own elsewhere. */
    public byte in(byte other) {
        return (byte) ((other & ~mask) | value);
    }

    /** The same bits of another byte. */
    public ByteBits at(long other) {
        return new ByteBits(other, mask, value);
    }

    /** These and other bits of the same byte. */
    ByteBits and(ByteBits others) {
        return new ByteBits(index, mask | others.mask, value | others.value);
    }
}
