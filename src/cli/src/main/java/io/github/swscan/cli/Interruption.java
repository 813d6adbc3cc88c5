package io.github.swscan.cli;

import io.github.swscan.cli.screen.Terminal;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Says so when the process is ended from outside, unless a launcher does. The exit code is the system's: 128 and the signal's number, which for
 * Ctrl-C is {@link ExitCode#INTERRUPTED}.
 */
final class Interruption {

    private final AtomicBoolean finished = new AtomicBoolean();

    private Interruption() {}

    static Interruption watch() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::end, "interruption"));
        return interruption;
    }

    /** The program came to its own end. */
    void finished() {
        finished.set(true);
    }

    /** Whether the program is being ended, from outside or by itself. */
    static boolean isEnding() {
        Thread none = new Thread(() -> {}, "none");
        try {
            Runtime.getRuntime().addShutdownHook(none);
            return !Runtime.getRuntime().removeShutdownHook(none);
        } catch (IllegalStateException ending) {
            return true;
        }
    }

    private void end() {
        if (!finished.get() && !Launcher.isThere()) {
            // On a terminal, ^C and the progress bar stand in the line.
            System.err.print((Terminal.showsErrors() ? System.lineSeparator() : "")
                    + "swscan: interrupted"
                    + System.lineSeparator());
            System.err.flush();
        }
    }
}
