package io.github.swscan.cli;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.wrapped;

import io.github.swscan.architecture.family.Families;
import io.github.swscan.architecture.family.GgufModel;
import io.github.swscan.cli.option.FormatOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.FamiliesReport;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.scan.Version;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swscan families}. */
@Command(
        name = "families",
        description = "Lists the families of models that can be scanned, and what each was compared with.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class FamiliesCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILTER",
            description =
                    "Only those whose name, or whose public checkpoints' names, contain this, in upper or lower case.")
    private Optional<String> filter;

    @Mixin
    private FormatOption format;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        FamiliesReport report = report();
        PrintWriter out = command.commandLine().getOut();
        if (format.isJson()) {
            out.print(JsonReportWriter.indented().text(report));
            out.flush();
        } else if (!output.quiet()) {
            print(report, Screen.ofStandardOutput(out, output.ansi()));
        }
        return ExitCode.DONE;
    }

    private FamiliesReport report() {
        return new FamiliesReport(
                FamiliesReport.SCHEMA_VERSION,
                Version.tool(),
                Families.all().stream()
                        .filter(family -> passes(family.name())
                                || family.checkpoints().stream().anyMatch(this::passes))
                        .map(family -> new FamiliesReport.Family(
                                family.name(),
                                Optional.of(family.compared()).filter(compared -> !compared.isEmpty()),
                                family.summary(),
                                family.checkpoints()))
                        .toList(),
                Families.multimodal().stream().filter(this::passes).toList(),
                GgufModel.architectures().stream().filter(this::passes).toList());
    }

    private boolean passes(String name) {
        return filter.map(text -> name.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT)))
                .orElse(true);
    }

    private void print(FamiliesReport report, Screen screen) {
        if (!report.families().isEmpty()) {
            screen.table(
                    List.of(left("model_type"), left("compared with"), wrapped("blocks")),
                    report.families().stream()
                            .map(family -> new Object[] {
                                family.name(), family.comparedWith().orElse("not compared"), family.blocks()
                            })
                            .toList());
            screen.blank();
        }
        if (filter.isPresent()) {
            list(
                    "Public checkpoints, such as:",
                    report.families().stream()
                            .flatMap(family -> family.checkpoints().stream())
                            .toList(),
                    screen);
        }
        list("Models that read images or sounds, of which the text model is scanned:", report.multimodal(), screen);
        list("Architectures of GGUF files:", report.ggufArchitectures(), screen);
        if (report.families().isEmpty()
                && report.multimodal().isEmpty()
                && report.ggufArchitectures().isEmpty()) {
            screen.paragraph("no family has '" + filter.orElse("") + "' in its name");
        }
        screen.flush();
    }

    private static void list(String heading, List<String> names, Screen screen) {
        if (!names.isEmpty()) {
            screen.paragraph(heading);
            screen.paragraph("  " + String.join(", ", names));
        }
    }
}
