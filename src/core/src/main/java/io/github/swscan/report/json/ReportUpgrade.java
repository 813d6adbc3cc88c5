package io.github.swscan.report.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Brings a detection's report of schema 1 into the form of schema 2. What schema 2 calls a set was not measured then:
 * groups of schema 1 are left out. There a weight's verdict went by the stronger of its own effect and its group's; it is
 * kept.
 */
final class ReportUpgrade {

    private static final Set<String> READABLE = Set.of("1", "2");

    private ReportUpgrade() {}

    /** Whether reports of a version can be read. */
    static boolean isReadable(String schemaVersion) {
        return READABLE.contains(schemaVersion.split("\\.", 2)[0]);
    }

    static ObjectNode upgraded(ObjectNode report) {
        ObjectNode upgraded = common(report);
        Stream.of("residual", "layersWithoutMlp", "recurrences", "traces")
                .filter(list -> !upgraded.has(list))
                .forEach(upgraded::putArray);
        addEmpty(upgraded.path("policy"), "ignored");
        if (!report.path("schemaVersion").asText().startsWith("1.")) {
            return upgraded;
        }
        upgraded.putArray("superActivations");
        upgraded.putArray("sets");
        upgraded.putObject("untestedSpikes").put("count", 0).putArray("strongest");
        JsonNode strongest = upgraded.path("superWeights").path(0).path("verdict");
        upgraded.set("verdict", strongest.isMissingNode() ? upgraded.nullNode() : strongest);
        for (JsonNode weight : upgraded.withArrayProperty("superWeights")) {
            addTo((ObjectNode) weight).put("nearThreshold", false);
        }
        for (JsonNode spike : upgraded.withArrayProperty("otherSpikes")) {
            addTo((ObjectNode) spike);
        }
        return upgraded;
    }

    /** The same of an ablation's report: lists of what was not measured then are empty. */
    static ObjectNode upgradedAblation(ObjectNode report) {
        ObjectNode upgraded = common(report);
        addEmpty(upgraded, "lines");
        addEmpty(upgraded.path("baseline"), "tasks");
        for (JsonNode variant : upgraded.path("variants")) {
            Stream.of("edits", "removedLines", "restorations", "means", "gained", "lost", "tasks")
                    .forEach(list -> addEmpty(variant, list));
        }
        return upgraded;
    }

    private static ObjectNode common(ObjectNode report) {
        ObjectNode upgraded = report.deepCopy();
        upgraded.findParents("offset").stream()
                .filter(location -> location.has("dtype") && !location.has("furtherBits"))
                .forEach(location -> ((ObjectNode) location).putArray("furtherBits"));
        addEmpty(upgraded.path("model"), "unsafe");
        return upgraded;
    }

    private static void addEmpty(JsonNode object, String list) {
        if (object instanceof ObjectNode known && !known.has(list)) {
            known.putArray(list);
        }
    }

    private static ObjectNode addTo(ObjectNode weight) {
        ArrayNode none = weight.arrayNode();
        weight.set("sets", none);
        return weight.put("confirmed", true);
    }
}
