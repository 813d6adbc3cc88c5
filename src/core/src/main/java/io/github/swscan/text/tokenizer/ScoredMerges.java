package io.github.swscan.text.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges that SentencePiece's byte-pair encoding makes. It has none in a list: whatever two neighbours are together
 * may be joined if it is a token, and of all such pairs the one whose token scores highest is joined first.
 */
final class ScoredMerges {

    /** Joins {@code left} and {@code right}. */
    record Merge(String left, String right) {}

    /** Longer than any token that is made by joining; looking for its parts takes time that grows with the square. */
    private static final int MAX_TOKEN_LENGTH = 512;

    /** Vocabularies have two to four merges a token. */
    private static final long MAX_GROWTH = 64;

    private ScoredMerges() {}

    /**
     * All merges, in the order in which they are made.
     *
     * @param scores the score of each token that may be made by joining or be joined
     * @throws IllegalArgumentException if a token is too long, or there are too many ways of making the tokens; the
     *     message says so
     */
    static List<Merge> of(Map<String, Double> scores) {
        // The sort is stable: of equal scores the token with the lower id comes first, as it did in training.
        List<Map.Entry<String, Double>> tokens = scores.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
                .toList();
        long length = 0;
        for (String token : scores.keySet()) {
            length += token.length();
        }
        long room = MAX_GROWTH * length;
        List<Merge> merges = new ArrayList<>();
        Map<String, String> shared = new HashMap<>();
        scores.keySet().forEach(token -> shared.put(token, token));
        for (Map.Entry<String, Double> entry : tokens) {
            String token = entry.getKey();
            if (token.length() > MAX_TOKEN_LENGTH) {
                throw new IllegalArgumentException("has a token of more than " + MAX_TOKEN_LENGTH + " characters");
            }
            for (int end = token.length(); end > 0; end = token.offsetByCodePoints(end, -1)) {
                if (end == token.length()) {
                    continue;
                }
                String left = shared.get(token.substring(0, end));
                String right = left == null ? null : shared.get(token.substring(end));
                if (right != null) {
                    merges.add(new Merge(left, right));
                    room -= token.length();
                    if (room < 0) {
                        throw new IllegalArgumentException("has too many tokens that are parts of others");
                    }
                }
            }
        }
        return merges;
    }
}
