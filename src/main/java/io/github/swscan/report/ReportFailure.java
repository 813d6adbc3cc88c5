package io.github.swscan.report;

import java.nio.file.Path;

/** A report cannot be written. The message is one line. */
public final class ReportFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ReportFailure(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}
