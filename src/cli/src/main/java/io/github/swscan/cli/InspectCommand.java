package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.ModelsArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.InspectionScreen;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.FailedScan;
import io.github.swscan.report.InspectionReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.scan.Inspection;
import io.github.swscan.scan.Version;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code swscan inspect}. */
@Command(
        name = "inspect",
        description =
                "Shows what a checkpoint is: family, shapes, types, sizes and down projections. Reads headers only.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class InspectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelsArguments models;

    @Mixin
    private ConfigOption configOption;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "What is printed: table, for people to read, or json, even with --quiet; of several models a "
                    + "line each (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        models.check();
        if (!models.areSeveral()) {
            print(inspect(models.models().get(0)), JsonReportWriter.indented());
            return ExitCode.DONE;
        }
        if (!output.quiet()) {
            models.skipped().ifPresent(line -> Failures.tell(command.commandLine(), line));
        }
        return models.models().stream().mapToInt(this::oneOfSeveral).max().orElse(ExitCode.DONE);
    }

    private InspectionReport inspect(Path model) {
        return Inspection.of(model.toString(), configOption.file());
    }

    /** What fails does not stop the others. */
    private int oneOfSeveral(Path model) {
        try {
            print(inspect(model), JsonReportWriter.oneLine());
            if (format == Format.TABLE && !output.quiet()) {
                command.commandLine().getOut().println();
            }
            return ExitCode.DONE;
        } catch (RuntimeException e) {
            Failures.Told told = Failures.told(e);
            String line = told.lineAbout(model.toString(), output.verbose());
            Failures.tell(command.commandLine(), line);
            if (format == Format.JSON) {
                print(
                        new FailedScan(
                                InspectionReport.SCHEMA_VERSION,
                                Version.tool(),
                                new FailedScan.Model(model.toString()),
                                new FailedScan.Failure(told.code(), line)),
                        JsonReportWriter.oneLine());
            }
            return told.code();
        }
    }

    private void print(ReportDocument document, JsonReportWriter json) {
        PrintWriter out = command.commandLine().getOut();
        if (format == Format.JSON) {
            out.print(json.text(document));
        } else if (document instanceof InspectionReport report && !output.quiet()) {
            new InspectionScreen(Screen.ofStandardOutput(out, output.ansi())).print(report);
        }
        out.flush();
    }
}
