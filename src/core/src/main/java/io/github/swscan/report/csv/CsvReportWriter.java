package io.github.swscan.report.csv;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.dataformat.csv.CsvGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Layer;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes the peaks of a detection, a row for each down projection, or the effects of an ablation, a row for each variant, as
 * RFC 4180 has it: UTF-8, a line of headings, lines that end in CR LF. What is not known is empty. A text that a spreadsheet
 * would take for a formula has an apostrophe before it.
 */
public final class CsvReportWriter implements ReportWriter {

    private static final List<String> PEAKS = List.of(
            "layer",
            "expert",
            "call",
            "tensor",
            "input",
            "inputPrompt",
            "inputPosition",
            "inputChannel",
            "output",
            "outputPrompt",
            "outputPosition",
            "outputChannel",
            "residual",
            "residualChannel",
            "spike");

    private static final List<String> EFFECTS = List.of(
            "variant",
            "kind",
            "weights",
            "meanNll",
            "meanNllRise",
            "perplexityRatio",
            "perplexityRatioLow",
            "perplexityRatioHigh",
            "klDivergence",
            "topTokenAgreement",
            "stopWordMass",
            "loopRate");

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        if (document instanceof DetectionReport detection) {
            write(
                    PEAKS,
                    detection.layers().stream()
                            .map(layer -> peaks(layer, detection))
                            .toList(),
                    out);
        } else if (document instanceof AblationReport ablation) {
            write(
                    EFFECTS,
                    ablation.variants().stream().map(CsvReportWriter::effect).toList(),
                    out);
        } else {
            throw new IllegalArgumentException("CSV is written of detections and ablations only");
        }
    }

    private static void write(List<String> headings, List<Map<String, Object>> rows, OutputStream out)
            throws IOException {
        CsvSchema schema = CsvSchema.builder()
                .addColumns(headings, CsvSchema.ColumnType.STRING)
                .build()
                .withHeader()
                .withLineSeparator("\r\n");
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ObjectWriter writer = CsvMapper.builder()
                .enable(CsvGenerator.Feature.STRICT_CHECK_FOR_QUOTING)
                .build()
                .writer(schema);
        try (SequenceWriter lines = writer.writeValues(text)) {
            lines.writeAll(rows);
        }
        text.writeTo(out);
    }

    private static Map<String, Object> peaks(Layer layer, DetectionReport report) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("layer", layer.layer());
        put(row, "expert", layer.expert());
        put(row, "call", layer.call());
        row.put("tensor", text(layer.tensor()));
        row.put("input", layer.input().value());
        row.put("inputPrompt", layer.input().prompt());
        row.put("inputPosition", layer.input().position());
        row.put("inputChannel", layer.input().channel());
        row.put("output", layer.output().value());
        row.put("outputPrompt", layer.output().prompt());
        row.put("outputPosition", layer.output().position());
        row.put("outputChannel", layer.output().channel());
        report.residual().stream()
                .filter(residual -> residual.layer() == layer.layer())
                .findFirst()
                .ifPresent(residual -> {
                    row.put("residual", residual.peak().value());
                    row.put("residualChannel", residual.peak().channel());
                });
        row.put("spike", layer.spike());
        return row;
    }

    private static Map<String, Object> effect(AblationReport.Variant variant) {
        AblationReport.Effect effect = variant.effect();
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("variant", text(variant.name()));
        row.put("kind", text(variant.kind()));
        row.put("weights", variant.weights().stream().map(String::valueOf).collect(Collectors.joining(" ")));
        row.put("meanNll", effect.meanNll());
        row.put("meanNllRise", effect.meanNllRise().value());
        row.put("perplexityRatio", effect.perplexityRatio().value());
        put(row, "perplexityRatioLow", effect.perplexityRatio().low());
        put(row, "perplexityRatioHigh", effect.perplexityRatio().high());
        row.put("klDivergence", effect.klDivergence().value());
        row.put("topTokenAgreement", effect.topTokenAgreement().value());
        put(row, "stopWordMass", effect.stopWordMass().map(AblationReport.Estimate::value));
        put(row, "loopRate", variant.loopRate());
        return row;
    }

    private static void put(Map<String, Object> row, String heading, Optional<?> value) {
        value.ifPresent(known -> row.put(heading, known));
    }

    private static String text(String text) {
        return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }
}
