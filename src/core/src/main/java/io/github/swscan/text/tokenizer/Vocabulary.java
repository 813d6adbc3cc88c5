package io.github.swscan.text.tokenizer;

import java.util.List;
import java.util.Map;

/** The tokens of a model of tokens, and what it goes by. */
sealed interface Vocabulary {

    /** How many tokens it has. */
    int size();

    /**
     * Tokens that are made by joining others.
     *
     * @param ids of each token
     * @param merges in the order in which they are made
     */
    record Merged(Map<String, Integer> ids, List<Merge> merges) implements Vocabulary {
        @Override
        public int size() {
            return ids.size();
        }
    }

    /** Tokens that are cut out of words, the longest first. */
    record Words(Map<String, Integer> ids) implements Vocabulary {
        @Override
        public int size() {
            return ids.size();
        }
    }

    /** Tokens of which the likeliest that a text can be made of are chosen; the id of each is its place. */
    record Scored(List<ScoredToken> tokens) implements Vocabulary {
        @Override
        public int size() {
            return tokens.size();
        }
    }

    record ScoredToken(String text, double score) {}
}
