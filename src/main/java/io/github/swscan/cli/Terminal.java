package io.github.swscan.cli;

/** What the program is connected to. */
final class Terminal {

    private Terminal() {}

    /** Whether standard error is a terminal. Only the launcher can see that, and says so by a system property. */
    static boolean showsErrors() {
        return Boolean.getBoolean("swscan.terminal");
    }
}
