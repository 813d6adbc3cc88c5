package io.github.swscan.cli.option;

import java.util.List;
import picocli.CommandLine.Option;

/** What reports are rendered as. */
public final class RenderingOptions {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT[=FILE]",
            converter = Output.Converter.class,
            description =
                    "What is written, and where; may be given several times. Formats: json, html, sarif, markdown, "
                            + "csv, junit, cyclonedx; of ablations json, html, markdown, csv. Without FILE, or with -, it is "
                            + "printed in place of tables. Of several models FILE is a folder (default: tables, and of a scan a "
                            + "JSON report, see --report).")
    private List<Output> outputs = List.of();

    /** What is named. */
    List<Output> outputs() {
        return outputs;
    }

    /** Where it goes if it is that of a detection. */
    public ReportPlaces ofDetection() {
        return ReportPlaces.of(outputs, ReportPlaces.Kind.DETECTION, note -> {});
    }

    /** The same of a verification. */
    public ReportPlaces ofVerification() {
        return ReportPlaces.of(outputs, ReportPlaces.Kind.VERIFICATION, note -> {});
    }

    /** The same of an ablation. */
    public ReportPlaces ofAblation() {
        return ReportPlaces.of(outputs, ReportPlaces.Kind.ABLATION, note -> {});
    }
}
