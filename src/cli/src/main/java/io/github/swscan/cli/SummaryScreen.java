package io.github.swscan.cli;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.paths;
import static io.github.swscan.cli.screen.TableColumn.right;

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
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What {@code swscan detect} prints of several models. */
final class SummaryScreen {

    private static final String NOT_FINITE = "not finite";
    private static final String NONE = "none";
    private static final String FAILED = "failed";

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
            Failures.tell(command, failure.lineAbout(model.path(), output.verbose()));
        });
        if (format == Format.JSON) {
            out.print(json(model));
        } else if (!tables.isEmpty() && model.report().isPresent()) {
            out.println(tables);
        }
        out.flush();
    }

    private String json(ScannedModel model) {
        ReportDocument document = model.report()
                .<ReportDocument>map(report -> report)
                .orElseGet(() -> failed(model, model.failure().orElseThrow()));
        return JsonReportWriter.oneLine().text(document);
    }

    private FailedScan failed(ScannedModel model, Failures.Told failure) {
        return new FailedScan(
                DetectionReport.SCHEMA_VERSION,
                Version.tool(),
                new FailedScan.Model(model.path()),
                new FailedScan.Failure(failure.code(), failure.lineAbout(model.path(), output.verbose())));
    }

    /** All models, a row each. */
    void summary(List<ScannedModel> models) {
        if (format == Format.JSON || output.quiet()) {
            return;
        }
        Screen screen = Screen.ofStandardOutput(command.getOut(), output.ansi());
        screen.heading("All models");
        screen.table(
                List.of(left("verdict"), right("weights"), right("sets"), right("exit code"), paths("model")),
                models.stream().map(SummaryScreen::row).toList());
        screen.blank();
        screen.paragraph(counts(models));
        models.stream()
                .flatMap(model -> model.reportFile().path().stream())
                .findFirst()
                .ifPresent(first -> screen.text("Reports: " + folder(first) + "NAME.swscan-report.json"));
        screen.flush();
    }

    private static String counts(List<ScannedModel> models) {
        Map<String, Long> counts =
                models.stream().collect(Collectors.groupingBy(SummaryScreen::outcome, Collectors.counting()));
        String verdicts = Stream.concat(
                        Stream.of(Verdict.values()).map(Verdict::toString), Stream.of(NOT_FINITE, NONE, FAILED))
                .filter(counts::containsKey)
                .map(outcome -> counts.get(outcome) + " " + outcome)
                .collect(Collectors.joining(", "));
        return models.size() + (models.size() == 1 ? " model" : " models") + " scanned: " + verdicts
                + (counts.containsKey(FAILED) ? "; standard error says why" : "");
    }

    private static String folder(Path report) {
        return report.getParent() == null ? "" : report.getParent() + "/";
    }

    private static Object[] row(ScannedModel model) {
        Optional<DetectionReport> report = model.report();
        return new Object[] {
            outcome(model),
            report.map(found -> Integer.toString(found.superWeights().size())).orElse(""),
            report.map(found -> Integer.toString(found.sets().size())).orElse(""),
            model.code(),
            model.path()
        };
    }

    private static String outcome(ScannedModel model) {
        return model.report().map(SummaryScreen::worst).orElse(FAILED);
    }

    private static String worst(DetectionReport report) {
        if (report.brokeDown()) {
            return NOT_FINITE;
        }
        return report.verdict().map(Verdict::toString).orElse(NONE);
    }
}
