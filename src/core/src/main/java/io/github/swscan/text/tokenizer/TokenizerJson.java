package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.TextFile;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;

/**
 * Looks through a tokenizer.json before the native library reads it: for some of what can be wrong with one, the library
 * does not fail but ends the process.
 */
final class TokenizerJson {

    static final long MAX_BYTES = 200_000_000;

    /** The library reads no more than 127 levels. */
    private static final int MAX_NESTING = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_NESTING)
                            .build())
                    .build())
            .build();

    private final Path file;

    private TokenizerJson(Path file) {
        this.file = file;
    }

    /** @throws InputException if the file cannot be read, is not one JSON object, or holds what ends the process */
    static void check(ByteSource source) {
        if (source.size() > MAX_BYTES) {
            throw new MalformedInputException(source.name(), "", "is larger than " + MAX_BYTES + " bytes", "");
        }
        try {
            check(source.name(), TextFile.open(source));
        } catch (IOException e) {
            throw source.unreadable(e);
        }
    }

    /**
     * Looks through a tokenizer.json that was made of another file.
     *
     * @param content is closed
     */
    static void check(Path file, InputStream content) throws IOException {
        // A decoder of its own reports what is not UTF-8, where a charset would replace it.
        try (Reader text = new InputStreamReader(content, StandardCharsets.UTF_8.newDecoder());
                JsonParser parser = MAPPER.createParser(text)) {
            new TokenizerJson(file).check(parser);
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(
                    file, "", "is not valid JSON: " + JsonProblem.of(e), JsonProblem.remedy(e), e);
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(file, "", "is not UTF-8 text", "", e);
        }
    }

    private void check(JsonParser parser) throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            throw new MalformedInputException(file, "", "is empty", "download the file again");
        }
        if (first != JsonToken.START_OBJECT) {
            throw new MalformedInputException(file, "", "is not a JSON object", "");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            checkScalar(parser);
            String section = parser.currentName();
            parser.nextToken();
            switch (section) {
                case "normalizer", "post_processor" -> checkSteps(section, parser.readValueAsTree());
                case "model" -> checkModel(parser);
                default -> checkScalars(parser);
            }
        }
        if (parser.nextToken() != null) {
            throw new MalformedInputException(file, "", "has something after the JSON object", "");
        }
    }

    /** All that the current token begins. */
    private void checkScalars(JsonParser parser) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else {
                checkScalar(parser);
            }
        } while (depth > 0 && parser.nextToken() != null);
    }

    private void checkScalar(JsonParser parser) throws IOException {
        boolean readable =
                switch (parser.currentToken()) {
                    case FIELD_NAME, VALUE_STRING -> isWellFormed(parser.getText());
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                        !Double.isInfinite(Double.parseDouble(parser.getText()));
                    default -> true;
                };
        if (!readable) {
            throw new MalformedInputException(
                    file, "", "has a text or a number that cannot be represented: " + parser.getText(), "");
        }
    }

    /**
     * Refuses a text from a file that a tokenizer.json cannot hold.
     *
     * @throws MalformedInputException if half of a character is missing
     */
    static void requireText(Path file, String text) {
        if (!isWellFormed(text)) {
            throw new MalformedInputException(file, "", "has a text that cannot be represented: " + text, "");
        }
    }

    /** Whether every surrogate has its partner. */
    private static boolean isWellFormed(String text) {
        return text.codePoints()
                .noneMatch(codePoint -> codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }

    /** The vocabulary may be long: nothing of it is kept. */
    private void checkModel(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            checkScalars(parser);
            return;
        }
        boolean bytePairs = false;
        boolean prefixed = false;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            checkScalar(parser);
            String key = parser.currentName();
            parser.nextToken();
            boolean filled = parser.currentToken() == JsonToken.VALUE_STRING
                    && !parser.getText().isEmpty();
            bytePairs |= key.equals("merges")
                    || (key.equals("type") && filled && parser.getText().equals("BPE"));
            prefixed |= key.equals("continuing_subword_prefix") && filled;
            checkScalars(parser);
        }
        if (bytePairs && prefixed) {
            throw new UnsupportedInputException(
                    file, "model.continuing_subword_prefix", "is not supported for byte-pair encoding", "");
        }
    }

    /** A normalizer or post-processor, which may be a sequence of others. */
    private void checkSteps(String section, JsonNode steps) throws IOException {
        try (JsonParser scalars = MAPPER.treeAsTokens(steps)) {
            scalars.nextToken();
            checkScalars(scalars);
        }
        Deque<JsonNode> open = new ArrayDeque<>(List.of(steps));
        while (!open.isEmpty()) {
            JsonNode step = open.pop();
            if (!step.isObject() && !step.isNull()) {
                throw new MalformedInputException(file, section, "is not an object", "");
            }
            step.path("normalizers").forEach(open::push);
            step.path("processors").forEach(open::push);
            checkStep(section, step);
        }
    }

    private void checkStep(String section, JsonNode step) {
        if (step.path("prepend").asText("-").isEmpty()) {
            throw new MalformedInputException(file, section, "prepends an empty text", "");
        }
        for (String kind : List.of("String", "Regex")) {
            if (step.path("pattern").path(kind).asText("-").isEmpty()) {
                throw new MalformedInputException(file, section, "replaces an empty text", "");
            }
        }
        if (step.has("precompiled_charsmap")
                && !isCharacterMap(step.path("precompiled_charsmap").asText())) {
            throw new MalformedInputException(
                    file, section, "has a precompiled_charsmap that is cut off or damaged", "");
        }
        if (step.has("single")) {
            checkTemplate(section, step);
        }
    }

    private static boolean isCharacterMap(String base64) {
        try {
            return CharacterMap.isSound(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void checkTemplate(String section, JsonNode template) {
        for (JsonNode piece : template.path("single")) {
            if (piece.has("Sequence")
                    && !piece.path("Sequence").path("id").asText().equals("A")) {
                throw new MalformedInputException(file, section, "asks for a second text where there is one", "");
            }
            JsonNode special = piece.path("SpecialToken").path("id");
            if (!special.isMissingNode() && !template.path("special_tokens").has(special.asText())) {
                throw new MalformedInputException(
                        file, section, "uses the special token " + special + ", which it does not define", "");
            }
        }
    }
}
