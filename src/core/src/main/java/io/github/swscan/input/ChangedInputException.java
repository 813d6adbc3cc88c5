package io.github.swscan.input;

import java.nio.file.Path;

/** A file is no longer what it was when it was opened, so that what was read may be of two states of it. */
public final class ChangedInputException extends InputException {
    /** @param cause what was in the way of looking at the file again, or null */
    ChangedInputException(Path file, Throwable cause) {
        super(file, "", "changed while it was read", "scan it again when nothing writes to it", cause);
    }
}
