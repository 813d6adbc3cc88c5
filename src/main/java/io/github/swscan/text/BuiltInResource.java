package io.github.swscan.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A text file that lies beside this class. */
final class BuiltInResource {

    private BuiltInResource() {}

    static String read(String name) {
        try (InputStream stream = BuiltInResource.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
