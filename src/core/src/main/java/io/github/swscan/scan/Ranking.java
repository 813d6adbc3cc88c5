package io.github.swscan.scan;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.report.json.LatestReport;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The newest report of a detection in a folder, which tells a model and the ranking of its weights. */
final class Ranking {

    private Ranking() {}

    /** @throws MissingInputException if there is none */
    static LatestReport in(Path folder) {
        return LatestReport.in(folder)
                .orElseThrow(() -> new MissingInputException(
                        folder.toAbsolutePath(),
                        "",
                        "holds no report of swscan",
                        "run 'swscan detect MODEL' here first, or name the model"));
    }

    /**
     * The model that a report is about.
     *
     * @throws MissingInputException if it is not there any more
     */
    static Path model(LatestReport ranking) {
        String named = ranking.report().model().path();
        try {
            Path model = Path.of(named);
            if (!named.isEmpty() && Files.exists(model)) {
                return model;
            }
        } catch (InvalidPathException e) {
            throw new MalformedInputException(ranking.file(), "model.path", "is not a path: " + e.getReason(), "", e);
        }
        throw new MissingInputException(
                ranking.file(),
                "model.path",
                "names " + named + ", which does not exist",
                "run 'swscan detect MODEL' here again, or name the model");
    }
}
