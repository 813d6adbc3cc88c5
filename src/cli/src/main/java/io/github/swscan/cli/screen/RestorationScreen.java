package io.github.swscan.cli.screen;

import io.github.swscan.report.VerificationReport.Difference;
import io.github.swscan.scan.RestorationScan.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Prints what became of a restoration. */
public final class RestorationScreen {

    private final Screen screen;

    public RestorationScreen(Screen screen) {
        this.screen = screen;
    }

    /**
     * Prints it.
     *
     * @param folder where the copy is; empty if the model was changed where it is
     */
    public void print(Outcome outcome, Optional<Path> folder) {
        if (outcome instanceof Outcome.NothingToDo) {
            screen.paragraph("Nothing to restore: the super weights are as they were, bit for bit.");
        } else if (outcome instanceof Outcome.Refused refused) {
            screen.paragraph(
                    "Nothing was restored: more is another than the manifest can bring back. Take the model from where it "
                            + "came from.");
            items(refused.damaged());
            items(refused.beyond());
        } else if (outcome instanceof Outcome.Restored restored) {
            screen.paragraph("Restored %s%s. %s"
                    .formatted(
                            restored.damaged().size() == 1
                                    ? "one super weight"
                                    : restored.damaged().size() + " super weights",
                            folder.map(" in the copy %s"::formatted).orElse(""),
                            restored.after().conclusion()));
            items(restored.damaged());
        }
        screen.flush();
    }

    private void items(List<Difference> differences) {
        DifferenceList.print(screen, differences, false, "");
    }
}
