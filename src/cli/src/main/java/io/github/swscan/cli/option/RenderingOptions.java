package io.github.swscan.cli.option;

import java.util.List;
import picocli.CommandLine.Option;

/** What a report that was written before is rendered as. */
public final class RenderingOptions {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT[=FILE]",
            converter = Output.Converter.class,
            description =
                    "What is written, and where; may be given several times. Formats: json, html, sarif, markdown, "
                            + "csv, junit, cyclonedx; of ablations json, html, markdown, csv. Without FILE, or with -, it is "
                            + "printed in place of tables (default: tables alone).")
    private List<Output> outputs = List.of();

    /** Where it goes if it is that of a detection. */
    public ReportPlaces ofDetection() {
        return ReportPlaces.of(outputs, ReportPlaces.Kind.DETECTION, note -> {});
    }

    /** The same of an ablation. */
    public ReportPlaces ofAblation() {
        return ReportPlaces.of(outputs, ReportPlaces.Kind.ABLATION, note -> {});
    }
}
