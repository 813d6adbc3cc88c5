package io.github.swscan.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;

/** The families that are known: one JSON description each, in the folder {@code families} beside this class. */
public final class Families {

    private static final List<String> NAMES = List.of("gpt2", "llama", "mistral", "qwen2", "qwen3");

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Families() {}

    /** The names of all families, in alphabetical order. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Describes a checkpoint's model.
     *
     * @param config its config.json
     * @param tensors the names of its tensors; they tell whether the common prefix of the names was left out
     * @throws io.github.swscan.checkpoint.InputException naming the option of config.json that is missing, malformed or
     *     not supported
     */
    public static Architecture describe(Config config, Set<String> tensors) {
        String family = config.modelType();
        if (!NAMES.contains(family)) {
            throw new UnsupportedInputException(
                    config.file(),
                    "model_type",
                    "the family \"" + family + "\" is not supported",
                    "supported are " + String.join(", ", NAMES));
        }
        return new ArchitectureReader(description(family), config, tensors).read();
    }

    private static JsonNode description(String family) {
        try (InputStream json = Families.class.getResourceAsStream("families/" + family + ".json")) {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
