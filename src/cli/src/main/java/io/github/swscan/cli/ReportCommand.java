package io.github.swscan.cli;

import io.github.swscan.cli.option.OutputFormat;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PolicyOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.RenderingOptions;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.screen.AblationScreen;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.scan.StoredReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swscan report}. */
@Command(
        name = "report",
        description = "Renders a report that was written before, and holds it to policies; scans nothing.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Examples:",
            "  swscan report swscan-report.json",
            "  swscan report swscan-report.json -o html=report.html -o sarif=findings.sarif",
            "  swscan report new.json --baseline old.json --fail-on changed"
        })
final class ReportCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Parameters(paramLabel = "REPORT", description = "A JSON report of a detection or an ablation, of any version.")
    private Path file;

    @Mixin
    private RenderingOptions rendering;

    @Option(
            names = "--all",
            fallbackValue = "true",
            description = "Print every layer, weight and spike, as the report has them.")
    private boolean all;

    @Mixin
    private PolicyOptions policyOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        ReportDocument document = StoredReport.read(file);
        if (document instanceof AblationReport ablation) {
            policyOptions.requireNone();
            return ablation(ablation);
        }
        policyOptions.check();
        return detection((DetectionReport) document);
    }

    private int detection(DetectionReport stored) {
        ReportPlaces places = rendering.ofDetection();
        ReportFiles files = places.ofRendered(file, stored.model().path());
        requireRewritable(stored, places, files);
        files.check();
        Policy policy = policyOptions.policy(List.of(Path.of(stored.model().path())), this::note);
        DetectionReport report = StoredReport.heldTo(stored, policy, policyOptions.baseline());
        files.write(format -> Writers.of(format).bytes(report));
        places.printed().ifPresentOrElse(format -> print(Writers.text(format, report)), () -> new DetectionScreen(
                        screen(report.model(), report.createdAt()), all)
                .result(report, files.paths()));
        if (!policy.exemptions().isEmpty()) {
            PolicyNotice.ignored(report).ifPresent(this::note);
            PolicyNotice.unmatched(policy, List.of(report)).forEach(this::note);
        }
        if (!policyOptions.areGiven()) {
            // What a scan was held to is told in the report, and decides nothing here.
            PolicyNotice.unsafe(report).ifPresent(this::tell);
            return report.holdsUnsafePickle() ? ExitCode.UNUSABLE_INPUT : ExitCode.DONE;
        }
        PolicyNotice.errors(report).forEach(this::tell);
        return ExitCode.of(report);
    }

    private int ablation(AblationReport report) {
        ReportPlaces places = rendering.ofAblation();
        ReportFiles files = places.ofRendered(file, report.model().path());
        requireRewritable(report, places, files);
        files.check();
        files.write(format -> Writers.of(format).bytes(report));
        places.printed().ifPresentOrElse(format -> print(Writers.text(format, report)), () -> new AblationScreen(
                        screen(report.model(), report.createdAt()))
                .result(report, files.paths()));
        return ExitCode.DONE;
    }

    /** With a few lines that say what the report is about. */
    private Screen screen(ModelSummary model, String createdAt) {
        PrintWriter out = output.quiet()
                ? new PrintWriter(PrintWriter.nullWriter())
                : command.commandLine().getOut();
        Screen screen = Screen.ofStandardOutput(out, output.ansi());
        screen.value("model", model.path());
        if (model.unsafe().isEmpty()) {
            screen.value("family", "%s, %d layers, %s".formatted(model.family(), model.layers(), model.dtype()));
        }
        screen.value("scanned", createdAt);
        screen.blank();
        return screen;
    }

    /** Written anew, a report of schema 1 would be one of neither schema. */
    private void requireRewritable(ReportDocument report, ReportPlaces places, ReportFiles files) {
        boolean json = files.have(OutputFormat.JSON) || places.printed().equals(Optional.of(OutputFormat.JSON));
        if (json && !report.schemaVersion().equals(current(report))) {
            throw new WrongRequestException("%s is of schema %s, and is not written as json anew; copy it"
                    .formatted(file, report.schemaVersion()));
        }
    }

    private static String current(ReportDocument report) {
        return report instanceof AblationReport ? AblationReport.SCHEMA_VERSION : DetectionReport.SCHEMA_VERSION;
    }

    private void print(String text) {
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        out.flush();
    }

    private void note(String line) {
        if (!output.quiet()) {
            tell(line);
        }
    }

    private void tell(String line) {
        Failures.tell(command.commandLine(), line);
    }
}
