package io.github.swscan.output;

import java.nio.file.Path;

/** A report cannot be written. The message is one line. */
public final class OutputFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public OutputFailure(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
