package io.github.swscan.checkpoint.gguf;

import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a GGUF file says of its model, by key. Values are {@link Long}, {@link Double}, {@link Boolean}, {@link String} and
 * lists of these.
 */
public final class GgufMetadata {

    /** What a GGUF file holds. */
    public enum Kind {
        MODEL,
        /** The part of a model that sees or hears. */
        PROJECTOR,
        /** A LoRA adapter. */
        ADAPTER,
        /** How much each input channel matters, for quantization. */
        IMPORTANCE_MATRIX
    }

    private final Path file;
    private final Map<String, Object> values;

    GgufMetadata(Path file, Map<String, Object> values) {
        this.file = file;
        this.values = Collections.unmodifiableMap(values);
    }

    /** The file, for messages. */
    public Path file() {
        return file;
    }

    /** What the file holds, by {@code general.type} and by the architecture that llama.cpp gives what sees or hears. */
    public Kind kind() {
        if (text("general.architecture").equals(Optional.of("clip"))) {
            return Kind.PROJECTOR;
        }
        return switch (text("general.type").orElse("model")) {
            case "mmproj" -> Kind.PROJECTOR;
            case "adapter" -> Kind.ADAPTER;
            case "imatrix" -> Kind.IMPORTANCE_MATRIX;
            default -> Kind.MODEL;
        };
    }

    /** All keys, in the order of the file. */
    public Set<String> keys() {
        return values.keySet();
    }

    /**
     * A text.
     *
     * @throws MalformedInputException if the value is something else
     */
    public Optional<String> text(String key) {
        return value(key, String.class, "a text");
    }

    /**
     * A whole number.
     *
     * @throws MalformedInputException if the value is something else
     */
    public Optional<Long> integer(String key) {
        return value(key, Long.class, "a whole number");
    }

    /**
     * True or false.
     *
     * @throws MalformedInputException if the value is something else
     */
    public Optional<Boolean> flag(String key) {
        return value(key, Boolean.class, "true or false");
    }

    /** A value as it is. */
    public Optional<Object> value(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /**
     * A list; empty where there is none.
     *
     * @param type of its entries
     * @throws MalformedInputException if the value is not a list of these
     */
    public <T> List<T> list(String key, Class<T> type) {
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list) || !list.stream().allMatch(type::isInstance)) {
            throw malformed(key, "is not a list of " + type.getSimpleName() + " values");
        }
        return list.stream().map(type::cast).toList();
    }

    private <T> Optional<T> value(String key, Class<T> type, String wanted) {
        Object value = values.get(key);
        if (value != null && !type.isInstance(value)) {
            throw malformed(key, "is not " + wanted);
        }
        return Optional.ofNullable(type.cast(value));
    }

    private MalformedInputException malformed(String key, String problem) {
        return new MalformedInputException(file, key, problem, "");
    }
}
