package io.github.swscan.text.tokenizer;

import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokens that are bytes, as byte-level tokenizers write them: with a visible character for each byte, after OpenAI's
 * {@code bytes_to_unicode}.
 */
final class ByteTokens {

    private static final char[] CHARACTERS = characters();

    private ByteTokens() {}

    private static char[] characters() {
        char[] characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++) {
            boolean visible = (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
            characters[value] = (char) (visible ? value : next++);
        }
        return characters;
    }

    static String written(byte[] token) {
        StringBuilder written = new StringBuilder(token.length);
        for (byte value : token) {
            written.append(CHARACTERS[value & 0xFF]);
        }
        return written.toString();
    }

    /**
     * The merges of tokens that are joined by their ranks, the lowest first.
     *
     * @param ranks of the tokens as they are written
     * @throws MalformedInputException if a byte is no token, so that not every text can be split
     */
    static List<Merge> merges(Path file, Map<String, Integer> ranks) {
        for (int value = 0; value < CHARACTERS.length; value++) {
            if (!ranks.containsKey(String.valueOf(CHARACTERS[value]))) {
                throw new MalformedInputException(
                        file, "", "has no token for the byte " + value, "download the file again");
            }
        }
        Map<String, Double> scores = new LinkedHashMap<>();
        ranks.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .forEach(token -> scores.put(token.getKey(), -token.getValue().doubleValue()));
        try {
            return ScoredMerges.of(
                    scores,
                    Comparator.<Merge>comparingInt(merge -> ranks.get(merge.left()))
                            .thenComparing(merge -> ranks.get(merge.right())));
        } catch (IllegalArgumentException tooMuch) {
            throw new MalformedInputException(file, "", tooMuch.getMessage(), "", tooMuch);
        }
    }
}
