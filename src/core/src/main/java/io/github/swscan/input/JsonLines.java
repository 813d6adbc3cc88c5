package io.github.swscan.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Files of JSON objects, one a line; empty lines count for nothing. */
public final class JsonLines {

    /** What the names of such files end with. */
    public static final String SUFFIX = ".jsonl";

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonLines() {}

    /**
     * One line.
     *
     * @param number counted from 1
     */
    public record Line(Path file, int number, JsonNode object) {

        /**
         * The text in a field.
         *
         * @throws InputException if there is no such field, or it is not a text
         */
        public String text(String field) {
            JsonNode value = object.path(field);
            if (!value.isTextual()) {
                throw malformed(
                        value.isMissingNode()
                                ? "has no field \"" + field + "\""
                                : "has a field \"" + field + "\" that is not a text");
            }
            return value.textValue();
        }

        /** Whether there is a field of this name, whatever it holds. */
        public boolean has(String field) {
            return object.has(field);
        }

        /**
         * The texts in a field that holds an array of them.
         *
         * @throws InputException if there is no such field, or it is something else
         */
        public List<String> texts(String field) {
            JsonNode array = object.path(field);
            List<String> texts = new ArrayList<>();
            for (JsonNode text : array) {
                if (text.isTextual()) {
                    texts.add(text.textValue());
                }
            }
            if (!array.isArray() || texts.size() < array.size()) {
                throw malformed(
                        array.isMissingNode()
                                ? "has no field \"" + field + "\""
                                : "has a field \"" + field + "\" that is not an array of texts");
            }
            return texts;
        }

        /**
         * The place in a list that a field tells.
         *
         * @throws InputException if there is no such field, or it is not a whole number from 0 to below the size
         */
        public int index(String field, int size) {
            JsonNode value = object.path(field);
            if (value.isMissingNode()) {
                throw malformed("has no field \"" + field + "\"");
            }
            if (!value.isIntegralNumber()
                    || !value.canConvertToInt()
                    || value.intValue() < 0
                    || value.intValue() >= size) {
                throw malformed("has a field \"" + field + "\" that is not a whole number from 0 to " + (size - 1));
            }
            return value.intValue();
        }

        /** A refusal of the file that names this line. */
        public InputException malformed(String problem) {
            return new MalformedInputException(file, "line " + number, problem, "");
        }
    }

    /**
     * The lines of a file; empty ones are left out.
     *
     * @throws InputException if the file cannot be read, or a line is not a JSON object
     */
    public static List<Line> read(Path file) {
        return parse(file, InputText.read(file));
    }

    /**
     * The lines of a text.
     *
     * @param file where the text is from, for messages
     * @throws InputException if a line is not a JSON object
     */
    public static List<Line> parse(Path file, String text) {
        List<String> lines = text.lines().toList();
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
            throw new MalformedInputException(file, "line " + number, "is not valid JSON: " + JsonProblem.of(e), "", e);
        }
        throw new MalformedInputException(file, "line " + number, "is not a JSON object", "");
    }
}
