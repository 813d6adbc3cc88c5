package io.github.swscan.cli.option;

import java.util.Collection;
import java.util.Comparator;

/** What may have been meant by a word that is none of those known. */
public final class SimilarWord {

    private static final int MOST_EDITS = 2;
    private static final int LETTERS_AN_EDIT = 4;

    private SimilarWord() {}

    /** Ends a message about a word that is none of these; empty if none is a slip or two of the keyboard away. */
    public static String to(String word, Collection<String> known) {
        int most = Math.max(1, Math.min(MOST_EDITS, word.length() / LETTERS_AN_EDIT));
        return known.stream()
                .filter(similar -> edits(word, similar) <= most)
                .min(Comparator.comparingInt((String similar) -> edits(word, similar))
                        .thenComparing(Comparator.naturalOrder()))
                .map(similar -> "; did you mean '" + similar + "'?")
                .orElse("");
    }

    /** How many letters have to be put in, taken out or replaced: the distance of Levenshtein. */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
