package io.github.swscan.text.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges that a vocabulary makes without a list of them, as those of SentencePiece's byte-pair encoding and tiktoken do.
 * Whatever two neighbours are together may be joined if it is a token, and of all such pairs the one whose token scores
 * highest is joined first.
 */
final class ScoredMerges {

    /** Longer than any token that is made by joining; looking for its parts takes time that grows with the square. */
    private static final int MAX_TOKEN_LENGTH = 512;

    /** Vocabularies have two to four merges a token. */
    private static final long MAX_GROWTH = 64;

    private ScoredMerges() {}

    /**
     * All merges, in the order in which they are made. Of those that make the same token, the one with the shorter left part
     * comes first.
     *
     * @param scores the score of each token that may be made by joining or be joined
     * @throws IllegalArgumentException if a token is too long, or there are too many ways of making the tokens; the
     *     message says so
     */
    static List<Merge> of(Map<String, Double> scores) {
        return of(scores, Comparator.comparingInt(merge -> merge.left().length()));
    }

    /** @param ofOneToken the order of the merges that make the same token */
    static List<Merge> of(Map<String, Double> scores, Comparator<Merge> ofOneToken) {
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
            List<Merge> ofThis = new ArrayList<>();
            for (int end = token.offsetByCodePoints(0, 1);
                    end < token.length();
                    end = token.offsetByCodePoints(end, 1)) {
                String left = shared.get(token.substring(0, end));
                String right = left == null ? null : shared.get(token.substring(end));
                if (right != null) {
                    ofThis.add(new Merge(left, right));
                    room -= token.length();
                    if (room < 0) {
                        throw new IllegalArgumentException("has too many tokens that are parts of others");
                    }
                }
            }
            ofThis.sort(ofOneToken);
            merges.addAll(ofThis);
        }
        return merges;
    }
}
