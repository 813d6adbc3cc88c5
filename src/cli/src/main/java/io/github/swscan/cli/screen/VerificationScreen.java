package io.github.swscan.cli.screen;

import io.github.swscan.report.VerificationReport;
import java.nio.file.Path;
import java.util.List;

/** Prints how a model differs from its manifest. */
public final class VerificationScreen {

    private final Screen screen;
    private final boolean all;

    /**
     * For one output.
     *
     * @param all to print all differences, however many there are
     */
    public VerificationScreen(Screen screen, boolean all) {
        this.screen = screen;
        this.all = all;
    }

    /** Prints it, and where it was written. */
    public void print(VerificationReport report, List<Path> files) {
        screen.paragraph(report.conclusion());
        if (!report.differences().isEmpty()) {
            screen.blank();
        }
        DifferenceList.print(screen, report.differences(), all, ", see --all");
        if (!report.notes().isEmpty()) {
            screen.blank();
        }
        report.notes().forEach(screen::paragraph);
        files.forEach(file -> screen.paragraph("Report: " + file));
        screen.flush();
    }
}
