package io.github.swscan.cli.option;

import io.github.swscan.input.WrongRequestException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Where the reports of a command go, by its options {@code --report} and {@code --format}. */
public final class ReportPlaces {

    /** What reports are called where nothing else is said. */
    public static final String DETECTION = "swscan-report.json";

    public static final String ABLATION = "swscan-ablation.json";

    private final Optional<ReportTarget> target;
    private final Format format;
    private final Consumer<String> note;

    /** @param note is told, in one line, of a report that cannot be kept in its default place */
    public ReportPlaces(Optional<ReportTarget> target, Format format, Consumer<String> note) {
        this.target = target.filter(given -> !given.isStandardOutput());
        this.format = target.equals(this.target) ? format : Format.JSON;
        this.note = note;
    }

    /** What is printed: {@code --report -} is another way to ask for the report. */
    public Format format() {
        return format;
    }

    /** For the report of a detection. */
    public ReportFile ofDetection(Path model) {
        return single(DETECTION, ReportNames.DETECTION.of(List.of(model)).get(0));
    }

    /**
     * For the report of an ablation.
     *
     * @param model empty if a report names it
     */
    public ReportFile ofAblation(Optional<Path> model) {
        return single(
                ABLATION,
                model.map(given -> ReportNames.ABLATION.of(List.of(given)).get(0))
                        .orElse(ABLATION));
    }

    private ReportFile single(String standard, String nameInFolder) {
        return target.map(given -> file(given.isFolder() ? given.folder().resolve(nameInFolder) : given.path(), true))
                .orElseGet(() -> standard(Path.of(standard)));
    }

    /**
     * For the reports of the detections of several models, one each.
     *
     * @throws WrongRequestException if what is named cannot be a folder
     */
    public List<ReportFile> ofDetections(List<Path> models) {
        target.filter(ReportTarget::isFile).ifPresent(given -> {
            throw new WrongRequestException(
                    "--report " + given.text() + " is no folder; of several models it names one");
        });
        Optional<Path> folder = target.map(ReportTarget::folder);
        List<String> names = ReportNames.DETECTION.of(models);
        return IntStream.range(0, models.size())
                .mapToObj(i -> folder.map(given -> file(given.resolve(names.get(i)), true))
                        .orElseGet(() -> standard(Path.of(names.get(i)))))
                .toList();
    }

    /** A report that is printed is not kept as well where nobody asks for that. */
    private ReportFile standard(Path path) {
        return format == Format.JSON ? new ReportFile(Optional.empty(), false, note) : file(path, false);
    }

    private ReportFile file(Path path, boolean named) {
        return new ReportFile(Optional.of(path), named, note);
    }
}
