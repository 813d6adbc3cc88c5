package io.github.swscan.cli;

import io.github.swscan.cli.option.OutputFormat;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import io.github.swscan.report.csv.CsvReportWriter;
import io.github.swscan.report.cyclonedx.CycloneDxReportWriter;
import io.github.swscan.report.html.HtmlReportWriter;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.report.junit.JUnitReportWriter;
import io.github.swscan.report.markdown.MarkdownReportWriter;
import io.github.swscan.report.sarif.SarifReportWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** What writes reports in each format. */
final class Writers {

    private Writers() {}

    static ReportWriter of(OutputFormat format) {
        return switch (format) {
            case JSON -> JsonReportWriter.indented();
            case HTML -> new HtmlReportWriter();
            case SARIF -> new SarifReportWriter(repository());
            case MARKDOWN -> new MarkdownReportWriter();
            case CSV -> new CsvReportWriter();
            case JUNIT -> new JUnitReportWriter();
            case CYCLONEDX -> new CycloneDxReportWriter();
        };
    }

    /** A report as it is printed. */
    static String text(OutputFormat format, ReportDocument report) {
        return new String(of(format).bytes(report), StandardCharsets.UTF_8);
    }

    /** The top folder of what a job of GitHub's checked out; elsewhere the working folder. */
    private static Path repository() {
        return Path.of(Optional.ofNullable(System.getenv("GITHUB_WORKSPACE")).orElse(""));
    }
}
