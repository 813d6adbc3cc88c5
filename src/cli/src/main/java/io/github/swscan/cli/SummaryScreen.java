package io.github.swscan.cli;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.Version;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.FailedScan;
import io.github.swscan.report.JsonWriter;
import io.github.swscan.report.Tool;
import io.github.swscan.report.Verdict;
import java.io.PrintWriter;
import java.util.Comparator;
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

    /** One model: the tables of its scan, or its report in a line, or what went wrong. */
    void outcome(SeveralScans.Outcome outcome) {
        PrintWriter out = command.getOut();
        outcome.failure().ifPresent(failure -> {
            if (output.verbose()) {
                failure.cause().printStackTrace(command.getErr());
            }
            Failures.print(command, "swscan: " + line(outcome, failure));
        });
        if (format == Format.JSON) {
            out.print(json(outcome));
        } else if (!outcome.printed().isEmpty()) {
            out.println(outcome.printed());
        }
        out.flush();
    }

    private String line(SeveralScans.Outcome outcome, Failures.Told failure) {
        String model = outcome.task().model().toString();
        String message = failure.message(output.verbose());
        return message.startsWith(model) ? message : model + ": " + message;
    }

    private String json(SeveralScans.Outcome outcome) {
        return outcome.scanned()
                .map(scanned -> JsonWriter.line(scanned.report()))
                .orElseGet(() -> {
                    Failures.Told failure = outcome.failure().orElseThrow();
                    return JsonWriter.line(new FailedScan(
                            DetectionReport.SCHEMA_VERSION,
                            new Tool("swscan", Version.number()),
                            new FailedScan.Model(outcome.task().model().toString()),
                            new FailedScan.Failure(failure.code(), line(outcome, failure))));
                });
    }

    /** All models, a row each. */
    void summary(List<SeveralScans.Outcome> outcomes) {
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
                outcomes.stream().map(SummaryScreen::row).toList());
        long failed = outcomes.stream()
                .filter(outcome -> outcome.failure().isPresent())
                .count();
        screen.text(outcomes.size() + " models scanned"
                + (failed > 0 ? ", of which " + failed + " failed; standard error says why" : ""));
        screen.flush();
    }

    private static Object[] row(SeveralScans.Outcome outcome) {
        Optional<DetectionReport> report = outcome.scanned().map(Scanned::report);
        return new Object[] {
            outcome.task().model().toString(),
            report.map(found -> found.model().family()).orElse(""),
            report.map(found -> Integer.toString(found.superWeights().size())).orElse(""),
            report.map(SummaryScreen::worst).orElse("failed"),
            outcome.code(),
            report.map(found -> outcome.task().reportFile().toString()).orElse("")
        };
    }

    private static String worst(DetectionReport report) {
        if (report.baseline().isEmpty()) {
            return "not finite";
        }
        return report.superWeights().stream()
                .map(weight -> Verdict.of(weight.verdict()))
                .min(Comparator.naturalOrder())
                .map(Verdict::label)
                .orElse("none");
    }
}
