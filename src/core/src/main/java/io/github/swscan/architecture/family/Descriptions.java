package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.input.BuiltInResource;

/** Loads the JSON files that lie beside this class, and lays one description over another. */
final class Descriptions {

    private Descriptions() {}

    /** A family that is described as being like another one has that one's description, with its own laid over it. */
    static JsonNode of(String family) {
        JsonNode own = own(family);
        return own.has("like") ? merged(of(own.get("like").textValue()), own) : own;
    }

    /** What a family's file says itself. */
    static JsonNode own(String family) {
        return resource("families/" + family + ".json");
    }

    /** How many families a family's description is laid over. */
    static int builtOn(String family) {
        JsonNode own = own(family);
        return own.has("like") ? 1 + builtOn(own.get("like").textValue()) : 0;
    }

    /** JSON Merge Patch (RFC 7396). */
    static JsonNode merged(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = target.isObject() ? target.deepCopy() : JsonNodeFactory.instance.objectNode();
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
        return BuiltInResource.json(Descriptions.class, name);
    }
}
