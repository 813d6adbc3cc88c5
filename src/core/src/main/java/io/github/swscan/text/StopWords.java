package io.github.swscan.text;

import io.github.swscan.input.BuiltInResource;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.Locale;
import java.util.stream.Stream;

/** English words that carry grammar rather than meaning: the, of, and, ... */
public final class StopWords {

    private StopWords() {}

    /**
     * Those of a tokenizer's vocabulary: every stop word that is one token, in small letters and with a capital, at the
     * start of a text and after a space.
     *
     * @return the ids of the tokens
     */
    public static BitSet of(Tokenizer tokenizer) {
        BitSet ids = new BitSet();
        BuiltInResource.read(StopWords.class, "stop-words.txt")
                .lines()
                .flatMap(word -> Stream.of(word, capitalized(word)))
                .flatMap(word -> Stream.of(word, " " + word))
                .map(tokenizer::encodeWithoutSpecialTokens)
                .filter(encoded -> encoded.length == 1)
                .forEach(encoded -> ids.set(encoded[0]));
        return ids;
    }

    private static String capitalized(String word) {
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }
}
