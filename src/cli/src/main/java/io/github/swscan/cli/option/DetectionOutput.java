package io.github.swscan.cli.option;

import picocli.CommandLine.Option;

/** How much of a detection is printed. */
public final class DetectionOutput {

    @Option(
            names = "--all",
            fallbackValue = "true",
            description = "Print every layer, weight and spike, as the report has them; of several models the "
                    + "tables of each before the summary.")
    private boolean all;

    /** Whether everything is printed that the report has. */
    public boolean all() {
        return all;
    }
}
