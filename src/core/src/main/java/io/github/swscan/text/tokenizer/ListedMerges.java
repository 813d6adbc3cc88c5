package io.github.swscan.text.tokenizer;

import io.github.swscan.input.PrintableText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Merges that a file lists, in the order in which they are made: two tokens with a space between them. */
final class ListedMerges {

    private ListedMerges() {}

    /**
     * All merges.
     *
     * @param ids of the tokens
     * @throws IllegalArgumentException if what is to be joined, or what it becomes, is no token; the message says so
     */
    static List<Merge> of(Iterable<String> lines, Map<String, Integer> ids) {
        List<Merge> merges = new ArrayList<>();
        for (String line : lines) {
            int space = line.indexOf(' ', 1);
            String left = space < 0 ? line : line.substring(0, space);
            String right = space < 0 ? "" : line.substring(space + 1);
            for (String token : List.of(left, right, left + right)) {
                if (!ids.containsKey(token)) {
                    throw new IllegalArgumentException("has " + PrintableText.quoted(line) + ", but "
                            + PrintableText.quoted(token) + " is no token");
                }
            }
            merges.add(new Merge(left, right));
        }
        return merges;
    }
}
