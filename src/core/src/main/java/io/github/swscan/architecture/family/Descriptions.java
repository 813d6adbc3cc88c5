package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Loads the JSON files that lie beside this class, and lays one description over another. */
final class Descriptions {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Descriptions() {}

    /** A family that is described as being like another one has that one's description, with its own laid over it. */
    static JsonNode of(String family) {
        JsonNode own = resource("families/" + family + ".json");
        return own.has("like") ? merged(of(own.get("like").textValue()), own) : own;
    }

    /** JSON Merge Patch (RFC 7396). */
    static JsonNode merged(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = target.isObject() ? target.deepCopy() : MAPPER.createObjectNode();
        patch.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                result.remove(entry.getKey());
            } else {
                JsonNode before = result.path(entry.getKey());
                result.set(entry.getKey(), merged(before, entry.getValue()));
            }
        });
        return result;
    }

    static JsonNode resource(String name) {
        try (InputStream json = Descriptions.class.getResourceAsStream(name)) {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
