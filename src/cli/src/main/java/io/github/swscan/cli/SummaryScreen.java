package io.github.swscan.cli;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.paths;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.cli.option.OutputFormat;
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

    private static final String UNSAFE = "unsafe";
    private static final String FAILED = "failed";

    /** In the order in which they are counted. */
    private static final List<String> OUTCOMES = Stream.concat(
                    Stream.of(Verdict.values()).map(Verdict::toString), Stream.of(UNSAFE, "not finite", "none", FAILED))
            .toList();

    private final CommandLine command;
    private final OutputOptions output;
    private final Optional<OutputFormat> printed;

    SummaryScreen(CommandLine command, OutputOptions output, Optional<OutputFormat> printed) {
        this.command = command;
        this.output = output;
        this.printed = printed;
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
        if (printed.isPresent()) {
            out.print(printed(model, printed.get()));
        } else if (!tables.isEmpty() && model.report().isPresent()) {
            out.println(tables);
        }
        out.flush();
    }

    private String printed(ScannedModel model, OutputFormat format) {
        return format == OutputFormat.JSON
                ? json(model)
                : model.report().map(report -> Writers.text(format, report)).orElse("");
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
        if (printed.isPresent() || output.quiet()) {
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
                .flatMap(model -> model.files().paths().stream())
                .map(SummaryScreen::pattern)
                .distinct()
                .forEach(pattern -> screen.text("Reports: " + pattern));
        screen.flush();
    }

    private static String counts(List<ScannedModel> models) {
        Map<String, Long> counts =
                models.stream().collect(Collectors.groupingBy(SummaryScreen::outcome, Collectors.counting()));
        String outcomes = OUTCOMES.stream()
                .filter(counts::containsKey)
                .map(outcome -> counts.get(outcome) + " " + outcome)
                .collect(Collectors.joining(", "));
        long scanned = models.size() - counts.getOrDefault(FAILED, 0L) - counts.getOrDefault(UNSAFE, 0L);
        return (scanned < models.size() ? scanned + " of " : "")
                + models.size() + (models.size() == 1 ? " model" : " models") + " scanned: " + outcomes
                + (counts.containsKey(FAILED) ? "; standard error says why" : "");
    }

    /** Where reports like one are. */
    private static String pattern(Path report) {
        String folder = report.getParent() == null ? "" : report.getParent() + "/";
        String name = report.getFileName().toString();
        return folder + "NAME" + name.substring(name.lastIndexOf(".swscan-report."));
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
        return model.report().map(DetectionReport::outcome).orElse(FAILED);
    }
}
