package io.github.swscan.cli.option;

import io.github.swscan.input.WrongRequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where reports go, and as what. */
public final class ReportOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT[=FILE]",
            converter = Output.Converter.class,
            description = "What is written, and where; may be given several times. Formats: " + OutputFormat.NAMES
                    + ". Without FILE, or with -, it is printed in place of tables. Of several models FILE is a folder "
                    + "(default: tables, and a JSON report, see --report).")
    private List<Output> outputs = List.of();

    @Option(
            names = "--report",
            paramLabel = "PATH",
            description =
                    "The same as -o json=PATH: a file, a folder (NAME.swscan-report.json in it), or - for standard "
                            + "output. Of several models it is a folder, made if need be (default: "
                            + ReportPlaces.DETECTION
                            + ", of an ablation " + ReportPlaces.ABLATION
                            + ", of several models NAME.swscan-report.json; none where the report is printed).")
    private Optional<ReportTarget> report;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "What is printed: table, for people to read, or json, the report itself, the same as -o json, "
                            + "even with --quiet; of several models a line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    /** All that is asked for, in the order in which it is written. */
    private List<Output> all(List<Output> named) {
        List<Output> all = new ArrayList<>(named);
        report.ifPresent(target -> all.add(Output.of(OutputFormat.JSON, target)));
        if (format == Format.JSON) {
            all.add(new Output(OutputFormat.JSON, Optional.empty()));
        }
        return all.stream().distinct().toList();
    }

    /** Whether {@code -o} is given. */
    public boolean areNamed() {
        return !outputs.isEmpty();
    }

    /**
     * Where reports of detections go.
     *
     * @param note is told, in one line, of a report that cannot be kept in its default place
     * @throws WrongRequestException if what is asked for does not go together
     */
    public ReportPlaces ofDetections(Consumer<String> note) {
        return ReportPlaces.of(all(outputs), ReportPlaces.Kind.DETECTION, note);
    }

    /** The same of an ablation. */
    public ReportPlaces ofAblations(Consumer<String> note) {
        return ReportPlaces.of(
                all(ReportPlaces.Kind.ABLATION.applying(outputs, command)), ReportPlaces.Kind.ABLATION, note);
    }
}
