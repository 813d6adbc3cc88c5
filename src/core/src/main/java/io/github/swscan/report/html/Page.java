package io.github.swscan.report.html;

import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.Tool;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.report.text.Numbers;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What pages of all kinds have.
 *
 * @param kind of report, as in a heading
 * @param model its name, without folders
 * @param summary of the model, in a line
 * @param charts what the charts and further rows of tables are drawn from, embedded
 * @param report the report as JSON, embedded
 * @param fileName what the report is called where it is saved
 */
record Page(
        String kind,
        String model,
        String summary,
        Assets assets,
        String charts,
        String report,
        String fileName,
        String madeBy) {

    static Page of(
            String kind,
            ReportDocument document,
            ModelSummary model,
            Tool tool,
            String createdAt,
            Assets assets,
            Object charts,
            String fileName) {
        return new Page(
                kind,
                VisibleText.lastName(model.name()),
                summary(model),
                assets,
                Embedded.json(charts),
                Embedded.bytes(JsonReportWriter.indented().bytes(document)),
                fileName,
                VisibleText.of("%s %s, %s".formatted(tool.name(), tool.version(), createdAt)));
    }

    private static String summary(ModelSummary model) {
        if (!model.unsafe().isEmpty()) {
            return "not loaded";
        }
        return Stream.of(
                        model.family(),
                        counted(model.layers(), "layer"),
                        Numbers.count(model.parameters()) + " parameters",
                        model.quantization()
                                .map(ModelSummary.Quantization::description)
                                .orElse(model.dtype()))
                .map(VisibleText::of)
                .collect(Collectors.joining(" · "));
    }

    /** What was scanned, in full. */
    static List<Fact> model(ModelSummary model) {
        if (!model.unsafe().isEmpty()) {
            return List.of(Fact.of("model", model.path()));
        }
        long bytes = model.files().stream().mapToLong(ModelSummary.File::bytes).sum();
        return Stream.concat(
                        Stream.of(
                                Fact.of("model", model.path()),
                                Fact.of("family", model.family()),
                                Fact.of(
                                        "size",
                                        "%s, hidden size %s, intermediate size %s, %s parameters"
                                                .formatted(
                                                        counted(model.layers(), "layer"),
                                                        Numbers.grouped(model.hiddenSize()),
                                                        Numbers.grouped(model.intermediateSize()),
                                                        Numbers.grouped(model.parameters()))),
                                Fact.of(
                                        "files",
                                        "%s in %s, most of it %s"
                                                .formatted(
                                                        Numbers.bytes(bytes),
                                                        counted(model.files().size(), "file"),
                                                        model.dtype()))),
                        model.quantization().stream()
                                .map(quantization -> Fact.of("quantization", quantization.description())))
                .toList();
    }

    static String counted(long count, String noun) {
        return Numbers.grouped(count) + " " + noun + (count == 1 ? "" : "s");
    }

    static String seconds(long millis) {
        return millis < 60_000
                ? String.format(Locale.ROOT, "%.1f s", millis / 1000.0)
                : "%d min %d s".formatted(millis / 60_000, millis / 1000 % 60);
    }
}
