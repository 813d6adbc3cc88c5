package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.FormatOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.KnownScreen;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.KnownReport;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.scan.KnownPlaces;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swscan known}. */
@Command(
        name = "known",
        description = "Lists published super weights, or tells which of them a model has. Reads headers and single "
                + "weights only.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class KnownCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "A folder, ORG/NAME of a model in the Hugging Face cache of this machine, or a weights file. "
                    + "Without it, all that is published is listed.")
    private Optional<Path> model;

    @Mixin
    private ConfigOption configOption;

    @Mixin
    private FormatOption format;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        KnownReport report = model.map(path -> KnownPlaces.of(path.toString(), configOption.file()))
                .orElseGet(KnownPlaces::all);
        PrintWriter out = command.commandLine().getOut();
        if (format.isJson()) {
            out.print(JsonReportWriter.indented().text(report));
            out.flush();
        } else if (!output.quiet()) {
            new KnownScreen(Screen.ofStandardOutput(out, output.ansi())).print(report);
        }
        return ExitCode.DONE;
    }
}
