package io.github.swscan.cli.option;

import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** How a command shows what it does. */
public final class OutputOptions {

    @Option(
            names = {"-q", "--quiet"},
            fallbackValue = "true",
            description = "Print nothing but errors.")
    private boolean quiet;

    @Option(
            names = "--no-color",
            fallbackValue = "true",
            description = "Print without colours. So do the environment variables NO_COLOR and TERM=dumb.")
    private boolean noColor;

    @Option(names = "--verbose", fallbackValue = "true", description = "Print a stack trace with an error.")
    private boolean verbose;

    public boolean quiet() {
        return quiet;
    }

    public boolean verbose() {
        return verbose;
    }

    public Ansi ansi() {
        return noColor || terminalIsDumb() ? Ansi.OFF : Ansi.AUTO;
    }

    /** Whether the terminal knows no escape sequences. */
    public static boolean terminalIsDumb() {
        return "dumb".equals(System.getenv("TERM"));
    }

    /** To be called before anything logs. */
    public void configureLogging() {
        if (verbose) {
            System.setProperty("swscan.log.level", "DEBUG");
        }
    }
}
