package io.github.swscan.input;

import java.nio.file.Path;

/** A file of weights wants to load what no weights need: it may run any code in a program that opens it. */
public final class UnsafePickleException extends InputException {

    private static final long serialVersionUID = 1L;

    private final String name;
    private final long offset;

    /**
     * @param pickle which part of the file it is, for messages
     * @param name what it wants to load, as {@code module.name}
     * @param offset where that is asked for, in bytes from the start of the pickle
     * @param cause what made it known
     */
    public UnsafePickleException(Path file, String pickle, String name, long offset, Throwable cause) {
        super(
                file,
                pickle,
                "wants to load " + PrintableText.quoted(name) + ", which no file of weights needs: it was not loaded",
                "save the model's state_dict() instead, and do not open this file with other programs unless you trust "
                        + "its author",
                cause);
        this.name = name;
        this.offset = offset;
    }

    /** What it wants to load (unescaped). */
    public String name() {
        return name;
    }

    public long offset() {
        return offset;
    }
}
