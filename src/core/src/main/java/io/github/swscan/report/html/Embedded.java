package io.github.swscan.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;

/** Data within a page: gzipped, in Base64. */
final class Embedded {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().addModule(new Jdk8Module()).build();

    private Embedded() {}

    static String json(Object columns) {
        try {
            return bytes(MAPPER.writeValueAsBytes(columns));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("columns that are no JSON", e);
        }
    }

    static String bytes(byte[] bytes) {
        try {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(bytes);
            }
            return Base64.getEncoder().encodeToString(packed.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
