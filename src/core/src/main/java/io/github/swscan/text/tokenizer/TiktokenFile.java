package io.github.swscan.text.tokenizer;

import io.github.swscan.input.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** tiktoken's text form of a vocabulary: in each line the bytes of a token in base64, a space, and its rank, which is its id. */
final class TiktokenFile {

    private TiktokenFile() {}

    /** Whether a file begins like one. SentencePiece's models, which have the same names, begin with a line feed. */
    static boolean beginsLikeOne(byte[] content) {
        return content.length > 0 && (Character.isLetterOrDigit(content[0]) || content[0] == '+' || content[0] == '/');
    }

    /**
     * The ids of the tokens, {@link ByteTokens#written}.
     *
     * @throws MalformedInputException if it is no such file, or not all of one
     */
    static Map<String, Integer> read(Path file, byte[] content) {
        FileContent.requireLastLineToEnd(file, content);
        Map<String, Integer> ids = new LinkedHashMap<>();
        Set<Integer> used = new HashSet<>();
        int number = 0;
        for (String line : (Iterable<String>) new String(content, StandardCharsets.ISO_8859_1).lines()::iterator) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            int space = line.indexOf(' ');
            String rank = line.substring(space + 1).strip();
            if (space <= 0 || !rank.matches("\\d{1,9}")) {
                throw malformed(file, number, "is not a token in base64 and its rank");
            }
            int id = Integer.parseInt(rank);
            String token = token(file, number, line.substring(0, space));
            if (ids.putIfAbsent(token, id) != null || !used.add(id)) {
                throw malformed(file, number, "has a token or a rank that an earlier line has");
            }
        }
        return ids;
    }

    private static String token(Path file, int line, String base64) {
        try {
            byte[] token = Base64.getDecoder().decode(base64);
            if (token.length == 0) {
                throw malformed(file, line, "has an empty token");
            }
            return ByteTokens.written(token);
        } catch (IllegalArgumentException e) {
            throw malformed(file, line, "is not a token in base64 and its rank");
        }
    }

    private static MalformedInputException malformed(Path file, int line, String problem) {
        return new MalformedInputException(file, "line " + line, problem, "download the file again");
    }
}
