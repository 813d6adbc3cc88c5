package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * Where a weight lies.
 *
 * @param file the name of the file
 * @param offset in bytes from the start of the file: of its number, or of the byte, word or block that holds its code
 * @param dtype the stored type
 * @param bitOffset where its code begins, counted from the lowest bit of the byte at {@code offset}; null for plain numbers, and
 *     where weights have no codes of their own
 * @param bits how many bits of the code lie there; null as above
 * @param furtherBits where the others lie, the lowest first; empty unless they are kept apart
 */
public record Location(
        String file,
        long offset,
        String dtype,
        Optional<Long> bitOffset,
        Optional<Integer> bits,
        List<Bits> furtherBits) {

    public Location {
        furtherBits = List.copyOf(furtherBits);
    }

    /** That of a plain number. */
    public Location(String file, long offset, String dtype) {
        this(file, offset, dtype, Optional.empty(), Optional.empty(), List.of());
    }

    /** Bits that lie next to each other, counted as {@code bitOffset} is. */
    public record Bits(long bitOffset, int bits) {}
}
