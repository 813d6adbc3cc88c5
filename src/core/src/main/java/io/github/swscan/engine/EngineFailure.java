package io.github.swscan.engine;

/** The engine could not start or failed while computing; the input is not to blame. The message is one line. */
public final class EngineFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public EngineFailure(String message) {
        super(message);
    }

    public EngineFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
