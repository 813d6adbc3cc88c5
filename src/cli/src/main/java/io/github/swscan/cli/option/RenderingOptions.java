package io.github.swscan.cli.option;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the report of one model is rendered as, where none is written unasked. */
public final class RenderingOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT[=FILE]",
            converter = Output.Converter.class,
            description = "What the report is rendered as, and where that is written; may be given several times. "
                    + "Formats: " + OutputFormat.NAMES
                    + "; of verifications json, sarif. FILE may be a folder. Without FILE, or with -, it is printed "
                    + "in place of tables (default: tables).")
    private List<Output> outputs = List.of();

    /** Where it goes if it is that of a detection. */
    public ReportPlaces ofDetection() {
        return of(ReportPlaces.Kind.DETECTION);
    }

    /** The same of a verification. */
    public ReportPlaces ofVerification() {
        return of(ReportPlaces.Kind.VERIFICATION);
    }

    /** The same of an ablation. */
    public ReportPlaces ofAblation() {
        return of(ReportPlaces.Kind.ABLATION);
    }

    private ReportPlaces of(ReportPlaces.Kind kind) {
        return ReportPlaces.of(kind.applying(outputs, command), kind, note -> {});
    }
}
