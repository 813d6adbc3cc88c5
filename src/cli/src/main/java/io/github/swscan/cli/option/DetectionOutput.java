package io.github.swscan.cli.option;

import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** What a detection prints, and where its report goes. */
public final class DetectionOutput {

    @Option(
            names = "--report",
            paramLabel = "PATH",
            description =
                    "Where the report is written: a file, a folder (NAME.swscan-report.json in it), or - for standard "
                            + "output in place of tables. Of several models it is a folder, made if need be (default: "
                            + ReportPlaces.DETECTION
                            + ", of several models NAME.swscan-report.json; none where the report is "
                            + "printed).")
    private Optional<ReportTarget> report;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, the report itself, even with "
                    + "--quiet; of several models a line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = "--all",
            description = "Print every layer, weight and spike, as the report has them; of several models the "
                    + "tables of each before the summary.")
    private boolean all;

    /**
     * Where reports go.
     *
     * @param note is told, in one line, of a report that cannot be kept in its default place
     */
    public ReportPlaces places(Consumer<String> note) {
        return new ReportPlaces(report, format, note);
    }

    /** Whether everything is printed that the report has. */
    public boolean all() {
        return all;
    }
}
