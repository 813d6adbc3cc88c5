package io.github.swscan.report.json;

import io.github.swscan.report.DetectionReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the newest report of a detection in a folder.
 *
 * @param file where it lies
 */
public record LatestReport(Path file, DetectionReport report) {

    /**
     * Looks through the JSON files of a folder, not those of folders in it.
     *
     * @return the report that was made last; empty if there is none
     * @throws UncheckedIOException if the folder cannot be listed
     */
    public static Optional<LatestReport> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".json"))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .map(LatestReport::of)
                    .flatMap(Optional::stream)
                    .max(Comparator.comparing(LatestReport::createdAt));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<LatestReport> of(Path file) {
        return JsonReportReader.detection(file).map(report -> new LatestReport(file, report));
    }

    /** When the run ended. */
    public Instant createdAt() {
        return Instant.parse(report.createdAt());
    }
}
