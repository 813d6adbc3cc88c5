package io.github.swscan.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import io.github.swscan.input.JsonProblem;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.UnsupportedInputException;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A file of token ids: a JSON array with one array of ids for each sequence, or an object with such an array as {@code
 * input_ids} and perhaps, as {@code labels}, another of the same form that says which tokens are to be predicted.
 *
 * @param sequences at least one of two tokens or more, none longer than the model has positions, of ids within its
 *     vocabulary
 * @param targets for each token of each sequence the one that is to be predicted there, or {@link TokenSet#NOTHING}; empty
 *     without labels
 */
record TokenIdsFile(List<int[]> sequences, List<int[]> targets) {

    private static final int MAX_BYTES = 100_000_000;

    private static final String IDS = "input_ids";
    private static final String LABELS = "labels";

    /** A label that counts nowhere, as in transformers. */
    private static final int IGNORED = -100;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    TokenIdsFile {
        sequences = List.copyOf(sequences);
        targets = List.copyOf(targets);
    }

    /**
     * Reads the file. The label at a place is what the model predicts for this place: of a bidirectional model what it
     * predicts there, else what it predicts at the token before.
     *
     * @throws InputException naming the sequence and position that is wrong
     */
    static TokenIdsFile read(Path file, TokenLimits limits) {
        JsonNode root = parse(file);
        if (!root.isObject()) {
            return new TokenIdsFile(sequences(file, "", root, limits), List.of());
        }
        root.fieldNames().forEachRemaining(name -> {
            if (!name.equals(IDS) && !name.equals(LABELS)) {
                throw new UnsupportedInputException(
                        file,
                        PrintableText.quoted(name),
                        "is not supported",
                        "token ids are input_ids and labels alone");
            }
        });
        List<int[]> sequences = sequences(file, IDS, root.path(IDS), limits);
        return new TokenIdsFile(
                sequences, root.hasNonNull(LABELS) ? targets(file, root.get(LABELS), sequences, limits) : List.of());
    }

    private static List<int[]> sequences(Path file, String field, JsonNode root, TokenLimits limits) {
        if (!root.isArray() || root.isEmpty()) {
            throw new MalformedInputException(
                    file, field, "is not a JSON array of arrays of token ids", "for instance [[1, 15, 27], [1, 8]]");
        }
        List<int[]> sequences = new ArrayList<>();
        for (JsonNode sequence : root) {
            String name = "sequence " + sequences.size();
            int[] ids = entries(file, name, sequence);
            for (int position = 0; position < ids.length; position++) {
                requireId(file, name, position, sequence.get(position), limits.vocabularySize());
            }
            sequences.add(ids);
        }
        if (sequences.stream().noneMatch(ids -> ids.length > 1)) {
            throw new MalformedInputException(file, field, "has no sequence of two tokens or more to predict", "");
        }
        limits.positions().ifPresent(longest -> requireNoLonger(file, sequences, longest));
        return sequences;
    }

    private static List<int[]> targets(Path file, JsonNode root, List<int[]> sequences, TokenLimits limits) {
        if (!root.isArray() || root.size() != sequences.size()) {
            throw new MalformedInputException(
                    file, LABELS, "is not an array of " + sequences.size() + " arrays, one for each sequence", "");
        }
        List<int[]> targets = new ArrayList<>();
        for (int[] ids : sequences) {
            JsonNode given = root.get(targets.size());
            String name = "labels of sequence " + targets.size();
            int[] labels = entries(file, name, given);
            if (labels.length != ids.length) {
                throw new MalformedInputException(
                        file, name, "are " + labels.length + ", but the sequence has " + ids.length + " tokens", "");
            }
            int[] own = new int[labels.length];
            Arrays.fill(own, TokenSet.NOTHING);
            for (int position = 0; position < labels.length; position++) {
                int place = limits.bidirectional() ? position : position - 1;
                if (!isIgnored(given.get(position))) {
                    requireId(file, name, position, given.get(position), limits.vocabularySize());
                    if (place >= 0) {
                        own[place] = labels[position];
                    }
                }
            }
            targets.add(own);
        }
        if (targets.stream().flatMapToInt(Arrays::stream).allMatch(target -> target == TokenSet.NOTHING)) {
            throw new MalformedInputException(file, LABELS, "name no token to predict", "");
        }
        return targets;
    }

    private static int[] entries(Path file, String field, JsonNode sequence) {
        if (!sequence.isArray() || sequence.isEmpty()) {
            throw new MalformedInputException(file, field, "is not an array of token ids", "");
        }
        int[] entries = new int[sequence.size()];
        for (int position = 0; position < entries.length; position++) {
            entries[position] = sequence.get(position).intValue();
        }
        return entries;
    }

    private static boolean isIgnored(JsonNode label) {
        return label.isIntegralNumber() && label.canConvertToInt() && label.intValue() == IGNORED;
    }

    private static void requireId(Path file, String field, int position, JsonNode id, int vocabularySize) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0 || id.intValue() >= vocabularySize) {
            throw new MalformedInputException(
                    file,
                    field + ", position " + position,
                    "is " + id + ", not a token id from 0 to " + (vocabularySize - 1),
                    "");
        }
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
