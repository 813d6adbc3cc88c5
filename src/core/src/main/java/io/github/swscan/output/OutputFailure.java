package io.github.swscan.output;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A report cannot be written. The message is one line. */
public final class OutputFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public OutputFailure(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }

    /** Why nothing could be written, in words. */
    public static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "no permission to write there";
        }
        if (failure instanceof FileSystemException problem) {
            return problem.getReason() == null ? "no file can be created there" : problem.getReason();
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }
}
