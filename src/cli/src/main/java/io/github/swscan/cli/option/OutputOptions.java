package io.github.swscan.cli.option;

import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** How a command shows what it does. */
public final class OutputOptions {

    @Option(
            names = {"-q", "--quiet"},
            description = "Print nothing but errors.")
    private boolean quiet;

    @Option(names = "--no-color", description = "Print without colours. So does the environment variable NO_COLOR.")
    private boolean noColor;

    @Option(names = "--verbose", description = "Print a stack trace with an error.")
    private boolean verbose;

    public boolean quiet() {
        return quiet;
    }

    public boolean verbose() {
        return verbose;
    }

    public Ansi ansi() {
        return noColor ? Ansi.OFF : Ansi.AUTO;
    }

    /** To be called before anything logs. */
    public void configureLogging() {
        if (verbose) {
            System.setProperty("swscan.log.level", "DEBUG");
        }
    }
}
