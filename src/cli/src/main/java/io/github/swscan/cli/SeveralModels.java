package io.github.swscan.cli;

import io.github.swscan.cli.option.ReportFile;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.cli.screen.SeveralProgress;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.scan.Batch;
import io.github.swscan.scan.DetectionRequest;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** {@code swscan detect} of several models: a summary of all, and if all is asked for, before it each as if it
 * were alone. */
final class SeveralModels {

    private final ScanOutput output;
    private final boolean all;
    private final List<Model> models = new ArrayList<>();
    private final List<ScannedModel> scanned = new ArrayList<>();

    /** @param printed what its tables are collected in until it is its turn, if they are printed */
    private record Model(DetectionRequest request, ReportFile reportFile, StringWriter printed) {}

    SeveralModels(ScanOutput output, boolean all) {
        this.all = all;
        this.output = output;
    }

    void add(DetectionRequest request, ReportFile reportFile) {
        models.add(new Model(request, reportFile, new StringWriter()));
    }

    /**
     * Scans them all.
     *
     * @return the exit code
     */
    int run(int jobs, EngineSettings engine) {
        SummaryScreen screen = new SummaryScreen(output.command(), output.options(), output.format());
        try (SeveralProgress progress =
                SeveralProgress.of(models.size(), output.options().quiet())) {
            List<Batch.Task> tasks = models.stream()
                    .map(model -> new Batch.Task(
                            model.request(), output.display(model.printed(), progress.model(), model.reportFile())))
                    .toList();
            Batch.run(tasks, jobs, engine, outcome -> {
                Model model = models.get(scanned.size());
                outcome.report().ifPresent(report -> show(report, model));
                ScannedModel done = ScannedModel.of(outcome, model.reportFile());
                scanned.add(done);
                screen.outcome(done, all ? model.printed().toString() : "");
            });
        }
        screen.summary(scanned);
        return scanned.stream().mapToInt(ScannedModel::code).max().orElse(ExitCode.DONE);
    }

    private void show(DetectionReport report, Model model) {
        PolicyNotice.of(report).ifPresent(line -> Failures.tell(output.command(), line));
        if (all) {
            output.tables(model.printed()).ifPresent(tables -> new DetectionScreen(tables, true)
                    .result(report, model.reportFile().path()));
        }
    }
}
