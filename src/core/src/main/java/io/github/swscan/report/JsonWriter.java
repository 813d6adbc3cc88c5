package io.github.swscan.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.nio.charset.StandardCharsets;

/** Writes reports as JSON; docs/report.schema.json and docs/ablation.schema.json describe it. */
public final class JsonWriter {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private JsonWriter() {}

    /** The report in UTF-8, with a line end at its end. */
    public static byte[] write(DetectionReport report) {
        return json(report);
    }

    /** The same of an ablation. */
    public static byte[] write(AblationReport report) {
        return json(report);
    }

    /** The report as text in one line, with a line end at its end. */
    public static String line(DetectionReport report) {
        return line((Object) report);
    }

    /** The same of a scan that failed. */
    public static String line(FailedScan failed) {
        return line((Object) failed);
    }

    private static byte[] json(Object report) {
        return text(MAPPER.writer(), report).getBytes(StandardCharsets.UTF_8);
    }

    private static String line(Object report) {
        return text(MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT), report);
    }

    private static String text(ObjectWriter writer, Object report) {
        try {
            return writer.writeValueAsString(report) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
