package io.github.swscan.cli;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.FailedScan;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.scan.Version;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** What {@code swscan detect} prints of several models. */
final class SummaryScreen {

    private final CommandLine command;
    private final OutputOptions output;
    private final Format format;

    SummaryScreen(CommandLine command, OutputOptions output, Format format) {
        this.command = command;
        this.output = output;
        this.format = format;
    }

    /**
     * One model: the tables of its scan, or its report in a line, or what went wrong.
     *
     * @param tables may be empty
     */
    void outcome(ScannedModel model, String tables) {
        PrintWriter out = command.getOut();
        model.failure().ifPresent(failure -> {
            if (output.verbose()) {
                failure.cause().printStackTrace(command.getErr());
            }
            Failures.print(command, "swscan: " + line(model, failure));
        });
        if (format == Format.JSON) {
            out.print(json(model));
        } else if (!tables.isEmpty() && model.report().isPresent()) {
            out.println(tables);
        }
        out.flush();
    }

    private String line(ScannedModel model, Failures.Told failure) {
        String message = failure.message(output.verbose());
        return message.startsWith(model.path()) ? message : model.path() + ": " + message;
    }

    private String json(ScannedModel model) {
        ReportDocument document = model.report()
                .<ReportDocument>map(report -> report)
                .orElseGet(() -> failed(model, model.failure().orElseThrow()));
        return new String(JsonReportWriter.oneLine().bytes(document), StandardCharsets.UTF_8);
    }

    private FailedScan failed(ScannedModel model, Failures.Told failure) {
        return new FailedScan(
                DetectionReport.SCHEMA_VERSION,
                Version.tool(),
                new FailedScan.Model(model.path()),
                new FailedScan.Failure(failure.code(), line(model, failure)));
    }

    /** All models, a row each. */
    void summary(List<ScannedModel> models) {
        if (format == Format.JSON || output.quiet()) {
            return;
        }
        Screen screen = new Screen(command.getOut(), output.ansi());
        screen.heading("All models");
        screen.table(
                List.of(
                        left("model"),
                        left("family"),
                        right("super weights"),
                        left("worst verdict"),
                        right("exit code"),
                        left("report")),
                models.stream().map(SummaryScreen::row).toList());
        long failed =
                models.stream().filter(model -> model.failure().isPresent()).count();
        screen.text(models.size() + " models scanned"
                + (failed > 0 ? ", of which " + failed + " failed; standard error says why" : ""));
        screen.flush();
    }

    private static Object[] row(ScannedModel model) {
        Optional<DetectionReport> report = model.report();
        return new Object[] {
            model.path(),
            report.map(found -> found.model().family()).orElse(""),
            report.map(found -> Integer.toString(found.superWeights().size())).orElse(""),
            report.map(SummaryScreen::worst).orElse("failed"),
            model.code(),
            report.flatMap(found -> model.reportFile().path())
                    .map(Path::toString)
                    .orElse("")
        };
    }

    private static String worst(DetectionReport report) {
        if (report.baseline().isEmpty()) {
            return "not finite";
        }
        return report.verdict().map(Verdict::toString).orElse("none");
    }
}
