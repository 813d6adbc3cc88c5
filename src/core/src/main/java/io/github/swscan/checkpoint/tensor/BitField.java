package io.github.swscan.checkpoint.tensor;

/**
 * Bits that lie next to each other in a row of bytes. Of each byte the lowest bit comes first, as in words that are stored
 * little-endian.
 *
 * @param first counted from 0
 * @param count at least 1
 */
public record BitField(long first, int count) {}
