package io.github.swscan.report;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
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

    /** Longer than any report: what is larger is another kind of file. */
    private static final long MAX_BYTES = 100_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

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
                    .map(LatestReport::read)
                    .flatMap(Optional::stream)
                    .max(Comparator.comparing(LatestReport::createdAt));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** When the run ended. */
    public Instant createdAt() {
        return Instant.parse(report.createdAt());
    }

    /** A file that is no report, or a report of a later schema, is none. */
    private static Optional<LatestReport> read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
            boolean detection = json.path("tool").path("name").asText().equals("swscan")
                    && json.path("schemaVersion").asText().startsWith("1.")
                    && json.path("superWeights").isArray();
            if (!detection) {
                return Optional.empty();
            }
            Instant.parse(json.path("createdAt").asText());
            return Optional.of(new LatestReport(file, MAPPER.treeToValue(json, DetectionReport.class)));
        } catch (IOException | DateTimeException e) {
            return Optional.empty();
        }
    }
}
