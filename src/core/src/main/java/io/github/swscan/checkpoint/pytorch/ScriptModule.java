package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A module of a TorchScript archive: its attributes by name, and nothing of what it does. */
final class ScriptModule {

    /** Deeper than any model. */
    private static final int MAX_DEPTH = 64;

    /**
     * How many attributes are looked at, each as often as there are ways to it. Modules may be shared, so that a short
     * pickle can have very many ways.
     */
    private static final int MAX_ATTRIBUTES = 1_000_000;

    private static final int MAX_NAME_LENGTH = 1000;

    /** How many characters all names may have together, for each byte of the pickle that they are made of. */
    private static final long MAX_NAMES_PER_BYTE = 100;

    private Map<?, ?> attributes = Map.of();

    /** Gives it its attributes. Objects whose state is something else, such as packed parameters, have none. */
    void build(Object state) {
        if (state instanceof Map<?, ?> map) {
            attributes = map;
        }
    }

    /**
     * All tensors in it and in the modules within it, by their dotted names. Parameters and buffers are not told apart.
     *
     * @param file for messages
     * @param pickleBytes the size of the pickle that they are from
     * @throws MalformedInputException if modules lie too deep in each other, or are too many
     */
    Map<String, PickledTensor> tensors(Path file, long pickleBytes) {
        Walk walk = new Walk(file, MAX_NAMES_PER_BYTE * pickleBytes);
        walk.into(this, "", 0);
        return walk.tensors;
    }

    private static final class Walk {

        private final Path file;
        private final Map<String, PickledTensor> tensors = new LinkedHashMap<>();
        private long charactersLeft;
        private int attributes;

        private Walk(Path file, long characters) {
            this.file = file;
            this.charactersLeft = characters;
        }

        private void into(ScriptModule module, String prefix, int depth) {
            attributes += module.attributes.size();
            if (depth > MAX_DEPTH || attributes > MAX_ATTRIBUTES || prefix.length() > MAX_NAME_LENGTH) {
                throw tooMany(prefix);
            }
            module.attributes.forEach((key, value) -> {
                if (key instanceof String name && !name.isEmpty()) {
                    if (value instanceof PickledTensor tensor) {
                        charactersLeft -= prefix.length() + name.length();
                        if (charactersLeft < 0) {
                            throw tooMany(prefix);
                        }
                        tensors.put(prefix + name, tensor);
                    } else if (value instanceof ScriptModule inner) {
                        into(inner, prefix + name + ".", depth + 1);
                    }
                }
            });
        }

        private MalformedInputException tooMany(String prefix) {
            return new MalformedInputException(
                    file,
                    prefix,
                    "has more modules within each other than any model has",
                    "save the state dict of the model");
        }
    }
}
