package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;

/**
 * A small file that says something of a tokenizer, such as {@code tokenizer_config.json}.
 *
 * @param file for messages
 * @param content a JSON object
 */
record SettingsFile(Path file, JsonNode content) {

    static final int MAX_BYTES = 20_000_000;

    /** Python writes NaN and Infinity where a number is none. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * What stands in place of a file that is not there: nothing is said.
     *
     * @param file the one that something is to be said of
     */
    static SettingsFile none(Path file) {
        return new SettingsFile(file, JsonNodeFactory.instance.objectNode());
    }

    /** @throws io.github.swscan.input.InputException if it cannot be read, is too large, not JSON, or not an object */
    static SettingsFile read(ByteSource source) {
        Path file = source.name();
        try {
            JsonNode content = MAPPER.readTree(FileContent.text(file, FileContent.all(source, MAX_BYTES)));
            if (!content.isObject()) {
                throw new MalformedInputException(file, "", "is not a JSON object", "");
            }
            return new SettingsFile(file, content);
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(
                    file, "", "is not valid JSON: " + JsonProblem.of(e), JsonProblem.remedy(e), e);
        }
    }
}
