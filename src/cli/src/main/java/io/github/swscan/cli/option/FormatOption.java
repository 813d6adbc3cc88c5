package io.github.swscan.cli.option;

import picocli.CommandLine.Option;

/** As what a command prints the one thing that it tells. */
public final class FormatOption {

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, even with --quiet "
                    + "(default: ${DEFAULT-VALUE}).")
    private Format format;

    public boolean isJson() {
        return format == Format.JSON;
    }
}
