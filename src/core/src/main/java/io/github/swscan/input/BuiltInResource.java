package io.github.swscan.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A text file of the program that lies beside a class. */
public final class BuiltInResource {

    private BuiltInResource() {}

    /** The text, which is in UTF-8. */
    public static String read(Class<?> beside, String name) {
        try (InputStream stream = beside.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the text says as JSON. */
    public static JsonNode json(Class<?> beside, String name) {
        try {
            return JsonMapper.builder().build().readTree(read(beside, name));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
