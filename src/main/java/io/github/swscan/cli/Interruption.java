package io.github.swscan.cli;

import java.util.concurrent.atomic.AtomicBoolean;

/** Ends an interrupted process at once with the documented exit code, whatever native code is in the middle of. */
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

    private void end() {
        if (!finished.get()) {
            System.err.println();
            System.err.println("swscan: interrupted");
            System.err.flush();
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
        }
    }
}
