package io.github.swscan.integrity.signing;

import java.util.Optional;

/**
 * Something of a model that was digested: a file, or a part of one.
 *
 * @param file its path in the model's folder, with slashes; {@code .} of a model that is a single file
 * @param range which part it is; empty for all of it
 * @param algorithm {@code sha256}, {@code blake2b} or {@code blake3}
 * @param digest in hexadecimal
 */
public record Resource(String file, Optional<Range> range, String algorithm, String digest) {

    /** A part of a file, in bytes: from {@code start}, up to {@code end} without it. */
    public record Range(long start, long end) {}

    /** What it is called in a statement. */
    public String name() {
        return range.map(part -> "%s:%d:%d".formatted(file, part.start(), part.end()))
                .orElse(file);
    }
}
