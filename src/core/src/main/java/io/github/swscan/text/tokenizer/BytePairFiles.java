package io.github.swscan.text.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A vocabulary in the files of GPT-2: {@code vocab.json}, and {@code merges.txt} with a merge in each line. */
final class BytePairFiles {

    private static final long MAX_JSON_TOKENS = 50_000_000;

    private BytePairFiles() {}

    /** @throws MalformedInputException if it is not the ids of tokens */
    static Map<String, Integer> ids(Path file, byte[] vocabulary) {
        return new StrictJson(file, "", MAX_JSON_TOKENS).read(vocabulary, parser -> ids(file, parser));
    }

    private static Map<String, Integer> ids(Path file, JsonParser parser) throws IOException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String token = parser.currentName();
            TokenizerJson.requireText(file, token);
            if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT
                    || !parser.getText().matches("\\d{1,9}")) {
                throw new MalformedInputException(file, token, "has no id", "download the file again");
            }
            ids.put(token, parser.getIntValue());
        }
        return ids;
    }

    /** @throws MalformedInputException if it is not merges of these tokens, or not all of them */
    static List<Merge> merges(Path file, byte[] merges, Map<String, Integer> ids) {
        FileContent.requireLastLineToEnd(file, merges);
        try {
            List<String> lines = FileContent.text(file, merges)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
                    .toList();
            return ListedMerges.of(lines, ids);
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(file, "", e.getMessage(), "is it another model's file?", e);
        }
    }
}
