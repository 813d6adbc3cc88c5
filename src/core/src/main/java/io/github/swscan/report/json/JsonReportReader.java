package io.github.swscan.report.json;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.text.EffectUnit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads reports that {@link JsonReportWriter} wrote, of all versions of the schema, and of later ones that add fields. */
public final class JsonReportReader {

    /** Longer than any report: what is larger is another kind of file. */
    private static final long MAX_BYTES = 100_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
            .build();

    private JsonReportReader() {}

    /**
     * The report of a detection in a file.
     *
     * @return empty if the file is none, or cannot be read
     */
    public static Optional<DetectionReport> detection(Path file) {
        return json(file).flatMap(JsonReportReader::detection);
    }

    /**
     * The report in a file, of a detection or an ablation, all of whose sets and effects can be told.
     *
     * @return empty if the file is none, or cannot be read
     */
    public static Optional<ReportDocument> any(Path file) {
        Optional<JsonNode> json = json(file);
        return json.flatMap(JsonReportReader::detection)
                .filter(JsonReportReader::isConsistent)
                .<ReportDocument>map(report -> report)
                .or(() -> json.flatMap(JsonReportReader::ablation));
    }

    /** What is left out of a manifest where it is not needed: most of it. */
    @JsonIgnoreProperties("statistics")
    private interface WithoutStatistics {}

    /**
     * A manifest.
     *
     * @param json in UTF-8
     * @param statistics whether it tells what tensors are like, which takes longer than all the rest
     * @return empty if the JSON is none
     */
    public static Optional<Manifest> manifest(byte[] json, boolean statistics) {
        JsonMapper mapper = statistics
                ? MAPPER
                : MAPPER.rebuild()
                        .addMixIn(Manifest.Tensor.class, WithoutStatistics.class)
                        .build();
        try {
            return Optional.of(mapper.readValue(json, Manifest.class)).filter(JsonReportReader::isReadable);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The same of a part of another document. */
    public static Optional<Manifest> manifest(JsonNode json) {
        try {
            return Optional.of(MAPPER.treeToValue(json, Manifest.class)).filter(JsonReportReader::isReadable);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean isReadable(Manifest manifest) {
        return manifest.schemaVersion().startsWith("1.");
    }

    private static Optional<JsonNode> json(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            return Optional.ofNullable(MAPPER.readTree(Files.readAllBytes(file)))
                    .filter(json -> json.path("tool").path("name").asText().equals("swscan")
                            && ReportUpgrade.isReadable(
                                    json.path("schemaVersion").asText()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<DetectionReport> detection(JsonNode json) {
        if (!json.path("superWeights").isArray()) {
            return Optional.empty();
        }
        try {
            Instant.parse(json.path("createdAt").asText());
            return Optional.of(MAPPER.treeToValue(ReportUpgrade.upgraded((ObjectNode) json), DetectionReport.class));
        } catch (JsonProcessingException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Whether all that is told of sets and weights can be looked up: a report may come from anywhere. */
    private static boolean isConsistent(DetectionReport report) {
        boolean sets = report.sets().stream()
                .allMatch(set -> set.members().size() > 1
                        && set.members().stream()
                                .allMatch(member -> report.superWeight(member).isPresent())
                        && set.alone().size() == set.members().size()
                        && set.leftIn().size() == set.members().size());
        Stream<DetectionReport.Effect> effects = Stream.of(
                        report.superWeights().stream().map(DetectionReport.SuperWeight::effect),
                        report.superWeights().stream().flatMap(weight -> weight.effectFlipped().stream()),
                        report.sets().stream().flatMap(set -> Stream.of(
                                        Stream.of(set.effect()), set.alone().stream(), set.leftIn().stream())
                                .flatMap(all -> all)),
                        report.otherSpikes().stream().flatMap(spike -> spike.effect().stream()),
                        report.otherSpikes().stream().flatMap(spike -> spike.effectFlipped().stream()))
                .flatMap(all -> all);
        EffectUnit unit = EffectUnit.of(report);
        return sets && effects.allMatch(effect -> unit.isIn(effect) && Double.isFinite(unit.size(effect)));
    }

    private static Optional<AblationReport> ablation(JsonNode json) {
        if (!json.path("variants").isArray()) {
            return Optional.empty();
        }
        try {
            Instant.parse(json.path("createdAt").asText());
            return Optional.of(
                    MAPPER.treeToValue(ReportUpgrade.upgradedAblation((ObjectNode) json), AblationReport.class));
        } catch (JsonProcessingException | DateTimeException e) {
            return Optional.empty();
        }
    }
}
