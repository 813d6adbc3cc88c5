package io.github.swscan.input;

import java.nio.file.Path;

/** A file breaks the rules of its format, or contradicts itself or another file of the checkpoint. */
public final class MalformedInputException extends InputException {
    /** Without a cause; see {@link InputException} for how the parts become the message. */
    public MalformedInputException(Path file, String field, String problem, String remedy) {
        this(file, field, problem, remedy, null);
    }

    /** With the failure that made the problem known. */
    public MalformedInputException(Path file, String field, String problem, String remedy, Throwable cause) {
        super(file, field, problem, remedy, cause);
    }
}
