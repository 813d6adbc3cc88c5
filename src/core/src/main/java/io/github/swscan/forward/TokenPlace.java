package io.github.swscan.forward;

/**
 * A token's place.
 *
 * @param sequence index of the sequence
 * @param position within the sequence, from 0
 */
public record TokenPlace(int sequence, int position) {}
