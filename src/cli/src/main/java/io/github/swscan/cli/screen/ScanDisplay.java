package io.github.swscan.cli.screen;

import io.github.swscan.report.ReportDocument;
import io.github.swscan.scan.AblationPlan;
import io.github.swscan.scan.ModelHeader;
import io.github.swscan.scan.RunHeader;
import io.github.swscan.scan.ScanListener;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Shows how a scan goes: what it is about to do, and how far it has come. For one scan. */
public final class ScanDisplay implements ScanListener {

    private final Optional<Screen> tables;
    private final Progress.Display progress;
    private final Consumer<String> fallback;
    private final Consumer<ReportDocument> report;
    private Optional<Path> chosen = Optional.empty();
    private Optional<ModelHeader> model = Optional.empty();
    private Optional<Progress> reading = Optional.empty();

    /**
     * @param tables where the header goes; empty to print none
     * @param fallback is told why the engine computes on the CPU where a GPU could be expected
     * @param report gets the report once it is complete
     */
    public ScanDisplay(
            Optional<Screen> tables,
            Progress.Display progress,
            Consumer<String> fallback,
            Consumer<ReportDocument> report) {
        this.tables = tables;
        this.progress = progress;
        this.fallback = fallback;
        this.report = report;
    }

    @Override
    public void reportChosen(Path report) {
        chosen = Optional.of(report);
    }

    /** Shows nothing but how far it has come. */
    public static ScanDisplay ofProgress(Progress.Display progress) {
        return new ScanDisplay(Optional.empty(), progress, fallback -> {}, report -> {});
    }

    @Override
    public void modelOpened(ModelHeader opened) {
        model = Optional.of(opened);
    }

    @Override
    public void engineStarted(RunHeader run) {
        run.fallback().ifPresent(fallback);
        tables.ifPresent(screen -> ScanHeader.print(model.orElseThrow(), run, chosen, screen));
    }

    @Override
    public void readingBegins(long bytes, int readings) {
        reading = Optional.of(progress.of(bytes, readings));
    }

    @Override
    public void bytesRead(long bytes) {
        reading.ifPresent(shown -> shown.accept(bytes));
    }

    @Override
    public void readingEnds() {
        reading.ifPresent(Progress::close);
    }

    @Override
    public void planned(AblationPlan plan) {
        tables.ifPresent(screen -> new AblationScreen(screen).plan(plan));
    }

    @Override
    public void finished(ReportDocument complete) {
        report.accept(complete);
    }

    @Override
    public void ended() {
        progress.ended();
    }
}
