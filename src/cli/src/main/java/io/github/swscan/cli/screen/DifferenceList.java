package io.github.swscan.cli.screen;

import io.github.swscan.report.VerificationReport.Difference;
import java.util.List;

/** Prints what is another than it was, a point each: a screenful at most, unless all of it is asked for. */
final class DifferenceList {

    private static final int SCREENFUL = 16;

    private DifferenceList() {}

    /** Prints it; where some are left out, with what tells the others. */
    static void print(Screen screen, List<Difference> differences, boolean all, String others) {
        int shown = all ? differences.size() : Math.min(SCREENFUL, differences.size());
        differences.subList(0, shown).stream().map(Difference::description).forEach(screen::item);
        if (shown < differences.size()) {
            screen.item("and %d more%s".formatted(differences.size() - shown, others));
        }
    }
}
