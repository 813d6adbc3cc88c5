package io.github.swscan.report.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes reports as JSON in UTF-8, with a line end at their end. */
public final class JsonReportWriter implements ReportWriter {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
            .build();

    private final ObjectWriter writer;

    private JsonReportWriter(ObjectWriter writer) {
        this.writer = writer;
    }

    /** For people too: a line for each field. */
    public static JsonReportWriter indented() {
        return new JsonReportWriter(MAPPER.writer(SerializationFeature.INDENT_OUTPUT));
    }

    /** A line for each report, where several follow each other. */
    public static JsonReportWriter oneLine() {
        return new JsonReportWriter(MAPPER.writer());
    }

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        out.write(text(document).getBytes(StandardCharsets.UTF_8));
    }

    /** As a tree, to be part of another document. */
    public static JsonNode tree(ReportDocument document) {
        return MAPPER.valueToTree(document);
    }

    /** The report as text, with the end of its last line. */
    public String text(ReportDocument document) {
        try {
            return writer.writeValueAsString(document) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report that is no JSON", e);
        }
    }
}
