package io.github.swscan.text.tokenizer;

import java.util.List;
import java.util.Map;

/** The tokens of a model of tokens, and what it goes by. */
sealed interface Vocabulary {

    /**
     * Tokens that are made by joining others, or cut out of words.
     *
     * @param ids of each token
     * @param merges in the order in which they are made; none where words are cut
     */
    record Ids(Map<String, Integer> ids, List<Merge> merges) implements Vocabulary {}

    /** Tokens of which the likeliest that a text can be made of are chosen; the id of each is its place. */
    record Scores(List<ScoredToken> tokens) implements Vocabulary {}

    record ScoredToken(String text, double score) {}
}
