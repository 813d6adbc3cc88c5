package io.github.swscan.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.checkpoint.InputException;
import io.github.swscan.checkpoint.MalformedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Files of JSON objects, one a line; empty lines count for nothing. */
final class JsonLines {

    static final String SUFFIX = ".jsonl";

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonLines() {}

    /**
     * One line.
     *
     * @param number counted from 1
     */
    record Line(Path file, int number, JsonNode object) {

        /**
         * The text in a field.
         *
         * @throws InputException if there is no such field, or it is not a text
         */
        String text(String field) {
            JsonNode value = object.path(field);
            if (!value.isTextual()) {
                throw malformed(
                        value.isMissingNode()
                                ? "has no field \"" + field + "\""
                                : "has a field \"" + field + "\" that is not a text");
            }
            return value.textValue();
        }

        InputException malformed(String problem) {
            return new MalformedInputException(file, "line " + number, problem, "");
        }
    }

    /** @throws InputException if the file cannot be read, or a line is not a JSON object */
    static List<Line> read(Path file) {
        List<String> lines = InputText.read(file).lines().toList();
        return IntStream.range(0, lines.size())
                .filter(i -> !lines.get(i).isBlank())
                .mapToObj(i -> new Line(file, i + 1, object(file, i + 1, lines.get(i))))
                .toList();
    }

    private static JsonNode object(Path file, int number, String line) {
        try {
            JsonNode object = MAPPER.readTree(line);
            if (object.isObject()) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(
                    file, "line " + number, "is not valid JSON: " + e.getOriginalMessage(), "", e);
        }
        throw new MalformedInputException(file, "line " + number, "is not a JSON object", "");
    }
}
