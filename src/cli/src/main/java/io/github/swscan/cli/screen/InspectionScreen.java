package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.report.InspectionReport;
import io.github.swscan.report.InspectionReport.DownProjection;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What {@code swscan inspect} prints. */
public final class InspectionScreen {

    private final Screen screen;

    public InspectionScreen(Screen screen) {
        this.screen = screen;
    }

    public void print(InspectionReport report) {
        ModelSummary model = report.model();
        screen.value("model", model.path());
        screen.value("family", model.family());
        report.partOf().ifPresent(whole -> screen.value("part of", whole + ", of which only the text model is read"));
        screen.value("layers", Integer.toString(model.layers()));
        screen.value("hidden", model.hiddenSize() + " channels in the residual stream");
        screen.value("MLP", model.intermediateSize() + " intermediate channels");
        if (report.experts() > 0) {
            screen.value("experts", report.experts() + " in a layer");
        }
        screen.value("vocabulary", Numbers.grouped(report.vocabularySize()));
        screen.value("context", Numbers.grouped(report.contextLength()) + " tokens");
        screen.value("output", report.output());
        screen.value("parameters", Numbers.grouped(model.parameters()));
        screen.value(
                "types",
                report.types().stream()
                        .map(type -> type.dtype() + " (" + type.tensors() + " tensors)")
                        .collect(Collectors.joining(", ")));
        model.quantization().ifPresent(quantization -> {
            screen.value("quantized", quantization.description());
            screen.value(
                    "left plain",
                    quantization.exempt().isEmpty() ? "no matrix" : String.join(", ", quantization.exempt()));
        });
        screen.value("tokenizer", report.tokenizer());
        screen.blank();
        screen.table(
                List.of(left("file"), right("bytes")),
                model.files().stream()
                        .map(file -> new Object[] {file.name(), Numbers.grouped(file.bytes())})
                        .toList());
        if (!report.notes().isEmpty()) {
            screen.blank();
            report.notes().forEach(screen::paragraph);
        }
        screen.blank();
        downProjections(report);
        if (report.unusedTensors() > 0) {
            screen.blank();
            screen.paragraph(report.unusedTensors() + " tensors of the files are not part of what is computed");
        }
        screen.flush();
    }

    /** Whether it is a routed expert, and what else is shown of a down projection. */
    private record Look(boolean routed, String name, List<Long> shape, String layout, String dtype, long bytes) {

        /** Layers and experts in names are numbers between dots. */
        static Look of(DownProjection down) {
            return new Look(
                    down.expert().isPresent(),
                    down.tensor().replaceAll("(?<=\\.|^)\\d+(?=\\.)", "*"),
                    down.shape(),
                    down.layout(),
                    down.dtype(),
                    down.bytes());
        }
    }

    /** One line for all layers and experts that look alike. */
    private void downProjections(InspectionReport report) {
        Map<Look, List<DownProjection>> alike = report.downProjections().stream()
                .collect(Collectors.groupingBy(Look::of, LinkedHashMap::new, Collectors.toList()));
        List<Object[]> rows = new ArrayList<>();
        alike.forEach((look, downs) -> rows.add(new Object[] {
            Numbers.ranges(downs.stream().map(DownProjection::layer).toList()),
            Numbers.ranges(downs.stream()
                    .map(DownProjection::expert)
                    .flatMap(Optional::stream)
                    .toList()),
            look.shape(),
            look.layout(),
            look.dtype(),
            Numbers.bytes(look.bytes())
        }));
        screen.heading("Down projections");
        screen.table(
                List.of(
                        left("layers"),
                        left("experts").visible(report.experts() > 0),
                        left("shape"),
                        left("layout"),
                        left("type"),
                        right("size")),
                rows);
        alike.keySet().stream().map(Look::name).distinct().forEach(name -> screen.text("tensors: " + name));
        if (!report.layersWithoutMlp().isEmpty()) {
            screen.paragraph(Numbers.withoutMlp(report.layersWithoutMlp()));
        }
    }
}
