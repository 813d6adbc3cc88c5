package io.github.swscan.cli.screen;

/** What the program is connected to. */
public final class Terminal {

    private Terminal() {}

    /** Whether standard error is a terminal. Only the launcher can see that, and says so by a system property. */
    public static boolean showsErrors() {
        return Boolean.getBoolean("swscan.terminal");
    }
}
