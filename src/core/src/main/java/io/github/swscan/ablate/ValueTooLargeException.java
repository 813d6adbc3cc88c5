package io.github.swscan.ablate;

/** A changed weight is larger than any number that its tensor's type holds. */
public final class ValueTooLargeException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param message which weight, and what it would become */
    ValueTooLargeException(String message) {
        super(message);
    }
}
