package io.github.swscan.cli;

import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.OutputFormat;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.screen.Progress;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.ScanDisplay;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.scan.ScanListener;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import picocli.CommandLine;

/** Where the results of a command that scans go, and how. */
record ScanOutput(CommandLine command, OutputOptions options, EngineOptions engine, Optional<OutputFormat> printed) {

    /** A screen for tables, if any are asked for. They are held back until it is known that the model did not change. */
    Optional<Screen> tables(StringWriter printed) {
        return this.printed.isEmpty() && !options.quiet()
                ? Optional.of(Screen.ofStandardOutput(new PrintWriter(printed), options.ansi()))
                : Optional.empty();
    }

    /** Shows progress for itself. */
    Progress.Display progress() {
        return ProgressDisplay.of(command.getErr(), options.quiet());
    }

    /**
     * Shows a scan while it runs, and writes its report when it is done.
     *
     * @param printed gets the tables
     */
    ScanListener display(StringWriter printed, Progress.Display progress, ReportFiles files) {
        return new ScanDisplay(
                tables(printed),
                progress,
                engine.fallbackNotice(options.quiet()),
                report -> files.write(format -> Writers.of(format).bytes(report)));
    }

    /** Prints the tables, or the report itself if that is asked for. */
    void print(StringWriter tables, ReportDocument report) {
        PrintWriter out = command.getOut();
        out.print(printed.map(format -> Writers.text(format, report)).orElseGet(tables::toString));
        out.flush();
    }
}
