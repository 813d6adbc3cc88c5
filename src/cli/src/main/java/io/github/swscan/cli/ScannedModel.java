package io.github.swscan.cli;

import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.scan.Batch;
import java.util.Optional;

/**
 * What became of one of several models.
 *
 * @param path as the user named it
 * @param files where its report is, if there is one
 * @param code what a scan of this model alone would have ended with
 */
record ScannedModel(
        String path, ReportFiles files, Optional<DetectionReport> report, Optional<Failures.Told> failure, int code) {

    static ScannedModel of(Batch.Outcome outcome, ReportFiles files) {
        Optional<Failures.Told> failure = outcome.failure().map(Failures::told);
        return new ScannedModel(
                outcome.request().model(),
                files,
                outcome.report(),
                failure,
                failure.map(Failures.Told::code)
                        .orElseGet(() -> ExitCode.of(outcome.report().orElseThrow())));
    }
}
