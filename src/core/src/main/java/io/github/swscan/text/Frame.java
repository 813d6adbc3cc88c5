package io.github.swscan.text;

import io.github.swscan.text.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The special tokens around a sequence, such as [CLS] and [SEP]. */
@SuppressWarnings("ArrayRecordComponent")
record Frame(int[] leading, int[] trailing) {

    /**
     * What a tokenizer puts around every text.
     *
     * @param whole whether the end belongs to it; else a sequence is open, for the text might go on
     */
    static Frame of(Tokenizer tokenizer, boolean whole) {
        return new Frame(tokenizer.leadingSpecialTokens(), whole ? tokenizer.trailingSpecialTokens() : new int[0]);
    }

    /** How many there are. */
    int tokens() {
        return leading.length + trailing.length;
    }

    /** Tokens of a text, with the special ones around them. */
    int[] around(int[] ids) {
        return Stream.of(leading, ids, trailing).flatMapToInt(Arrays::stream).toArray();
    }

    /** A sequence that ends like this, cut off in the text where it is longer than allowed. */
    int[] shortened(int[] ids, int longest) {
        if (ids.length <= longest || longest <= trailing.length) {
            return Arrays.copyOf(ids, Math.min(ids.length, longest));
        }
        return IntStream.concat(Arrays.stream(ids, 0, longest - trailing.length), Arrays.stream(trailing))
                .toArray();
    }
}
