package io.github.swscan.cli.screen;

import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.VerificationReport.Difference;
import java.nio.file.Path;
import java.util.List;

/** Prints how a model differs from its manifest. */
public final class VerificationScreen {

    private static final int SCREENFUL = 16;

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
        int shown = all
                ? report.differences().size()
                : Math.min(SCREENFUL, report.differences().size());
        for (Difference difference : report.differences().subList(0, shown)) {
            screen.item(difference.description());
        }
        if (shown < report.differences().size()) {
            screen.item("and %d more, see --all".formatted(report.differences().size() - shown));
        }
        if (!report.notes().isEmpty()) {
            screen.blank();
        }
        report.notes().forEach(screen::paragraph);
        files.forEach(file -> screen.paragraph("Report: " + file));
        screen.flush();
    }
}
