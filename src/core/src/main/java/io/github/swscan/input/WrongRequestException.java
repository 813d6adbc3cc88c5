package io.github.swscan.input;

/**
 * What was asked for cannot be done with this model: a mistake of whoever asked, and of no file. The message is one line
 * without a full stop, fit to be shown to a user as it is; it names what was asked for as the command line does.
 */
public final class WrongRequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public WrongRequestException(String message) {
        super(message);
    }

    public WrongRequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
