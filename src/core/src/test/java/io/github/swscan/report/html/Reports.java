package io.github.swscan.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Layer;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.Peak;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.json.JsonReportReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Reports that pages are made of. Those in files are of real runs: {@code quantized} of SmolLM2-135M-Instruct in Q4_1,
 * {@code mixture} of a planted one, {@code ablation} of a sample model.
 */
final class Reports {

    static final List<String> FILES =
            List.of("pages/quantized", "pages/mixture", "pages/ablation", "harmless-1.0", "group-1.0");

    /** Texts that choose among a few words, which no file of a model gets to write. */
    private static final Set<String> CHOSEN = Set.of(
            "schemaVersion",
            "createdAt",
            "verdict",
            "flipVerdict",
            "verdictMeasure",
            "kind",
            "reason",
            "tokenSource",
            "device",
            "precision");

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Reports() {}

    static Path file(String name) {
        return Path.of("src/core/src/test/resources/reports", name + ".json");
    }

    static ReportDocument read(String name) {
        return read(file(name));
    }

    private static ReportDocument read(Path file) {
        return JsonReportReader.any(file).orElseThrow();
    }

    /** One in which a text stands before every text that comes from a model or a user. */
    static ReportDocument with(String text, String name, Path folder) throws IOException {
        JsonNode report = MAPPER.readTree(Files.readAllBytes(file(name)));
        replace(report, old -> text + old);
        ((ObjectNode) report.path("tool")).put("name", "swscan");
        Path changed = folder.resolve("changed.json");
        Files.write(changed, MAPPER.writeValueAsBytes(report));
        return read(changed);
    }

    /** One of a model that was not loaded, for a file of it wants to run code. */
    static DetectionReport unsafe(Path folder) throws IOException {
        ObjectNode report = (ObjectNode) MAPPER.readTree(Files.readAllBytes(file("harmless-1.0")));
        ObjectNode model = (ObjectNode) report.path("model");
        model.putArray("unsafe")
                .addObject()
                .put("file", "pytorch_model.bin")
                .put("name", "posix.system")
                .put("offset", 12);
        report.putArray("notes").add("pytorch_model.bin wants to load posix.system");
        for (String list : List.of("layers", "superWeights", "otherSpikes")) {
            report.putArray(list);
        }
        report.putNull("baseline").putNull("control").putNull("allRemoved");
        Path changed = folder.resolve("unsafe.json");
        Files.write(changed, MAPPER.writeValueAsBytes(report));
        return (DetectionReport) read(changed);
    }

    private static void replace(JsonNode node, UnaryOperator<String> change) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (field.getValue().isTextual() && !CHOSEN.contains(field.getKey())) {
                    field.setValue(
                            TextNode.valueOf(change.apply(field.getValue().textValue())));
                }
            });
        }
        if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i).isTextual()) {
                    list.set(i, TextNode.valueOf(change.apply(list.get(i).textValue())));
                }
            }
        }
        node.forEach(child -> replace(child, change));
    }

    /** A mixture with many layers, experts and spikes, and a large set whose removal leaves nothing finite. */
    static DetectionReport large(int layers, int experts) {
        SuperWeight[] members = IntStream.range(0, 6)
                .mapToObj(i -> SmallReport.weight(2 + i % 2, 3, i, 1.5, 1))
                .toArray(SuperWeight[]::new);
        return new SmallReport()
                .with(members)
                .with(SmallReport.set(
                        1, "gradual", List.of(members), Double.MAX_VALUE, 15, 20, 25, 30, 31, Double.MAX_VALUE))
                .with(IntStream.range(0, 300)
                        .mapToObj(i -> SmallReport.diffuse(1, 2, i))
                        .toArray(OtherSpike[]::new))
                .with(IntStream.range(0, layers * experts)
                        .mapToObj(i -> layer(i / experts, i % experts))
                        .toArray(Layer[]::new))
                .report();
    }

    private static Layer layer(int layer, int expert) {
        Peak input = new Peak(1 + (layer * 31 + expert * 17) % 97, 0, 0, layer);
        Peak output = new Peak(-1 - (layer * 13 + expert * 7) % 89, 0, 0, expert);
        return new Layer(
                layer,
                Optional.of(expert),
                Optional.empty(),
                "model.layers.%d.mlp.experts.%d.down_proj.weight".formatted(layer, expert),
                input,
                output,
                expert == layer % 50);
    }
}
