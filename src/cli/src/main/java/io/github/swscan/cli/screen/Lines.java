package io.github.swscan.cli.screen;

import java.util.ArrayList;
import java.util.List;

/** Breaks texts into lines, between words. */
public final class Lines {

    private Lines() {}

    /** A word that is longer than a line stands in one of its own, and goes beyond it. */
    public static List<String> of(String text, int width) {
        return of("", "", text, width);
    }

    /**
     * The same behind something else.
     *
     * @param start of the first line; those after it begin with the indent
     */
    public static List<String> of(String start, String indent, String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(start);
        boolean empty = true;
        for (String word : text.split(" ", -1)) {
            if (!empty && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
                line.append(indent);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        lines.add(line.toString());
        return lines;
    }

    /** A text with a blank within words that are longer than a line; none between a backslash and what it stands before. */
    static String withoutLongWords(String text, int width) {
        List<String> words = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
            int start = 0;
            while (word.length() - start > width) {
                int end = word.charAt(start + width - 1) == '\\' ? start + width - 1 : start + width;
                words.add(word.substring(start, end));
                start = end;
            }
            words.add(word.substring(start));
        }
        return String.join(" ", words);
    }

    /** The length of the longest word. */
    static int longestWord(String text) {
        int longest = 0;
        for (String word : text.split(" ", -1)) {
            longest = Math.max(longest, word.length());
        }
        return longest;
    }
}
