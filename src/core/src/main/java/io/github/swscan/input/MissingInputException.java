package io.github.swscan.input;

import java.nio.file.Path;

/** A file, or a part of one, that is needed is not there or cannot be read. */
public final class MissingInputException extends InputException {
    /** Without a cause; see {@link InputException} for how the parts become the message. */
    public MissingInputException(Path file, String field, String problem, String remedy) {
        this(file, field, problem, remedy, null);
    }

    /** With the failure that made the problem known. */
    public MissingInputException(Path file, String field, String problem, String remedy, Throwable cause) {
        super(file, field, problem, remedy, cause);
    }
}
