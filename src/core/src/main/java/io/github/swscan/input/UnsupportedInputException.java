package io.github.swscan.input;

import java.nio.file.Path;

/** A file may well be correct, but it uses something that swscan does not handle. */
public final class UnsupportedInputException extends InputException {
    /** Without a cause; see {@link InputException} for how the parts become the message. */
    public UnsupportedInputException(Path file, String field, String problem, String remedy) {
        this(file, field, problem, remedy, null);
    }

    /** With the failure that made the problem known. */
    public UnsupportedInputException(Path file, String field, String problem, String remedy, Throwable cause) {
        super(file, field, problem, remedy, cause);
    }
}
