package io.github.swscan.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of token ids: a JSON array with one array of ids for each sequence. */
final class TokenIdsFile {

    private static final int MAX_BYTES = 100_000_000;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private TokenIdsFile() {}

    /**
     * Reads the sequences.
     *
     * @return at least one of two tokens or more, none longer than the model has positions, of ids within its vocabulary
     * @throws InputException naming the sequence and position that is wrong
     */
    static List<int[]> read(Path file, TokenLimits limits) {
        JsonNode root = parse(file);
        if (!root.isArray() || root.isEmpty()) {
            throw new MalformedInputException(
                    file, "", "is not a JSON array of arrays of token ids", "for instance [[1, 15, 27], [1, 8]]");
        }
        List<int[]> sequences = new ArrayList<>();
        for (JsonNode sequence : root) {
            sequences.add(ids(file, "sequence " + sequences.size(), sequence, limits.vocabularySize()));
        }
        if (sequences.stream().noneMatch(ids -> ids.length > 1)) {
            throw new MalformedInputException(file, "", "has no sequence of two tokens or more to predict", "");
        }
        limits.positions().ifPresent(longest -> requireNoLonger(file, sequences, longest));
        return sequences;
    }

    private static int[] ids(Path file, String field, JsonNode sequence, int vocabularySize) {
        if (!sequence.isArray() || sequence.isEmpty()) {
            throw new MalformedInputException(file, field, "is not an array of token ids", "");
        }
        int[] ids = new int[sequence.size()];
        for (int position = 0; position < ids.length; position++) {
            JsonNode id = sequence.get(position);
            if (!id.isIntegralNumber()
                    || !id.canConvertToInt()
                    || id.intValue() < 0
                    || id.intValue() >= vocabularySize) {
                throw new MalformedInputException(
                        file,
                        field + ", position " + position,
                        "is " + id + ", not a token id from 0 to " + (vocabularySize - 1),
                        "");
            }
            ids[position] = id.intValue();
        }
        return ids;
    }

    private static void requireNoLonger(Path file, List<int[]> sequences, int longest) {
        for (int i = 0; i < sequences.size(); i++) {
            int tokens = sequences.get(i).length;
            if (tokens > longest) {
                throw new MalformedInputException(
                        file,
                        "sequence " + i,
                        "has " + tokens + " tokens, but the model has only " + longest + " positions",
                        "");
            }
        }
    }

    private static JsonNode parse(Path file) {
        try {
            // Of bytes the library skips a byte order mark itself.
            return MAPPER.readTree(InputText.bytes(file, MAX_BYTES));
        } catch (JsonProcessingException e) {
            throw new MalformedInputException(file, "", "is not valid JSON: " + JsonProblem.of(e), "", e);
        } catch (CharConversionException e) {
            throw new MalformedInputException(file, "", "is not UTF-8 text", "", e);
        } catch (IOException e) {
            throw InputException.unreadable(file, e);
        }
    }
}
