package io.github.swscan.forward;

/**
 * The rows of one sequence in one branch.
 *
 * @param sequence index of the sequence
 * @param start the first row
 * @param tokens the number of rows
 */
record Segment(Branch branch, int sequence, int start, int tokens) {}
