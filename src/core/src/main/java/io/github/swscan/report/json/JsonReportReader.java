package io.github.swscan.report.json;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.swscan.report.DetectionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/** Reads reports that {@link JsonReportWriter} wrote, of all versions of the schema, and of later ones that add fields. */
public final class JsonReportReader {

    /** Longer than any report: what is larger is another kind of file. */
    private static final long MAX_BYTES = 100_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    private JsonReportReader() {}

    /**
     * The report of a detection in a file.
     *
     * @return empty if the file is none, or cannot be read
     */
    public static Optional<DetectionReport> detection(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
            boolean detection = json.path("tool").path("name").asText().equals("swscan")
                    && ReportUpgrade.isReadable(json.path("schemaVersion").asText())
                    && json.path("superWeights").isArray();
            if (!detection) {
                return Optional.empty();
            }
            Instant.parse(json.path("createdAt").asText());
            return Optional.of(MAPPER.treeToValue(ReportUpgrade.upgraded((ObjectNode) json), DetectionReport.class));
        } catch (IOException | DateTimeException e) {
            return Optional.empty();
        }
    }
}
