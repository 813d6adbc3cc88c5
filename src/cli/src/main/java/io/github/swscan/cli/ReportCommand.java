package io.github.swscan.cli;

import io.github.swscan.cli.option.DetectionOutput;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PolicyOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.RenderingOptions;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.option.ReportPlaces;
import io.github.swscan.cli.screen.AblationScreen;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.scan.StoredReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

    @Mixin
    private DetectionOutput results;

    @Mixin
    private PolicyOptions policyOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        policyOptions.check();
        ReportDocument document = StoredReport.read(file);
        if (document instanceof AblationReport ablation) {
            policyOptions.requireNone();
            return ablation(ablation);
        }
        return detection((DetectionReport) document);
    }

    private int detection(DetectionReport stored) {
        ReportPlaces places = rendering.ofDetection();
        ReportFiles files = places.ofRendered(file);
        files.check();
        Policy policy = policyOptions.policy(List.of(), this::tell);
        DetectionReport report = StoredReport.heldTo(stored, policy, policyOptions.baseline());
        files.write(format -> Writers.of(format).bytes(report));
        if (report.holdsUnsafePickle()) {
            places.printed().ifPresent(format -> print(Writers.text(format, report)));
        } else {
            places.printed().ifPresentOrElse(format -> print(Writers.text(format, report)), () -> new DetectionScreen(
                            screen(), results.all())
                    .result(report, files.paths()));
        }
        PolicyNotice.of(report).forEach(this::tell);
        return ExitCode.of(report);
    }

    private int ablation(AblationReport report) {
        ReportPlaces places = rendering.ofAblation();
        ReportFiles files = places.ofRendered(file);
        files.check();
        files.write(format -> Writers.of(format).bytes(report));
        places.printed()
                .ifPresentOrElse(format -> print(Writers.text(format, report)), () -> new AblationScreen(screen())
                        .result(report, files.paths()));
        return ExitCode.DONE;
    }

    private Screen screen() {
        PrintWriter out = output.quiet()
                ? new PrintWriter(PrintWriter.nullWriter())
                : command.commandLine().getOut();
        return Screen.ofStandardOutput(out, output.ansi());
    }

    private void print(String text) {
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        out.flush();
    }

    private void tell(String line) {
        Failures.tell(command.commandLine(), line);
    }
}
