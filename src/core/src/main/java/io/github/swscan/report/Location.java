package io.github.swscan.report;

/**
 * Where a weight lies.
 *
 * @param file the name of the file
 * @param offset in bytes from the start of the file
 */
public record Location(String file, long offset, String dtype) {}
