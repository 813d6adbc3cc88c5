package io.github.swscan.cli;

import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.cli.screen.DetectionScreen;
import io.github.swscan.cli.screen.SeveralProgress;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.policy.Policy;
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
    private record Model(DetectionRequest request, ReportFiles files, StringWriter printed) {}

    SeveralModels(ScanOutput output, boolean all) {
        this.all = all;
        this.output = output;
    }

    void add(DetectionRequest request, ReportFiles files) {
        models.add(new Model(request, files, new StringWriter()));
    }

    /**
     * Scans them all.
     *
     * @param policy what they are held to, as their requests say
     * @return the exit code
     */
    int run(int jobs, EngineSettings engine, Policy policy) {
        SummaryScreen screen = new SummaryScreen(output.command(), output.options(), output.printed());
        try (SeveralProgress progress =
                SeveralProgress.of(models.size(), output.options().quiet())) {
            List<Batch.Task> tasks = models.stream()
                    .map(model -> new Batch.Task(
                            model.request(), output.display(model.printed(), progress.model(), model.files())))
                    .toList();
            Batch.run(tasks, jobs, engine, outcome -> {
                Model model = models.get(scanned.size());
                outcome.report().ifPresent(report -> show(report, model));
                ScannedModel done = ScannedModel.of(outcome, model.files());
                scanned.add(done);
                screen.outcome(done, all ? model.printed().toString() : "");
            });
        }
        if (scanned.stream().allMatch(model -> model.report().isPresent())) {
            PolicyNotice.unmatched(
                            policy,
                            scanned.stream()
                                    .flatMap(model -> model.report().stream())
                                    .toList())
                    .forEach(this::note);
        }
        screen.summary(scanned);
        return scanned.stream().mapToInt(ScannedModel::code).max().orElse(ExitCode.DONE);
    }

    private void note(String line) {
        if (!output.options().quiet()) {
            Failures.tell(output.command(), line);
        }
    }

    private void show(DetectionReport report, Model model) {
        PolicyNotice.ignored(report).ifPresent(this::note);
        PolicyNotice.errors(report).forEach(line -> Failures.tell(output.command(), line));
        if (all && !report.holdsUnsafePickle()) {
            output.tables(model.printed()).ifPresent(tables -> new DetectionScreen(tables, true)
                    .result(report, model.files().paths()));
        }
    }
}
