package io.github.swscan.text.task;

import io.github.swscan.text.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Makes requests of texts, as lm-evaluation-harness does ({@code TemplateLM._encode_pair} and
 * {@code HFLM._loglikelihood_tokens}): context and continuation are encoded together, the context alone, and what the
 * first has more than the second is the continuation. White space at the end of the context goes to the continuation,
 * because tokens begin with it.
 */
final class RequestEncoder {

    private static final char NEXT_LINE = 0x85;

    private final Tokenizer tokenizer;
    private final int[] leading;
    private final int contextLength;

    /** @param contextLength the longest sequence that the model was made for, in tokens */
    RequestEncoder(Tokenizer tokenizer, int contextLength) {
        this.tokenizer = tokenizer;
        this.leading = tokenizer.leadingSpecialTokens();
        this.contextLength = contextLength;
    }

    /**
     * The request of a text after another.
     *
     * @param context not blank
     * @throws IllegalArgumentException saying why there is none
     */
    Request encode(String context, String continuation) {
        String stem = withoutTrailingSpace(context);
        int[] contextIds = ids(stem);
        int[] all = ids(context + continuation);
        if (contextIds.length == 0) {
            throw new IllegalArgumentException("follows a context that gives no tokens");
        }
        int asked = all.length - contextIds.length;
        if (asked < 1) {
            throw new IllegalArgumentException("gives no tokens");
        }
        if (asked > contextLength) {
            throw new IllegalArgumentException(
                    "has " + asked + " tokens, but the model's context only " + contextLength);
        }
        int[] continuationIds = Arrays.copyOfRange(all, contextIds.length, all.length);
        int[] input = IntStream.concat(
                        Arrays.stream(contextIds),
                        Arrays.stream(continuationIds).limit(asked - 1L))
                .toArray();
        int cut = Math.max(0, input.length - contextLength);
        return new Request(boxed(Arrays.copyOfRange(input, cut, input.length)), boxed(continuationIds), cut > 0);
    }

    /** The special tokens that the tokenizer puts before every text, but none after it. */
    private int[] ids(String text) {
        return IntStream.concat(Arrays.stream(leading), Arrays.stream(tokenizer.encodeWithoutSpecialTokens(text)))
                .toArray();
    }

    /** What Python's {@code rstrip} leaves. */
    private static String withoutTrailingSpace(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    private static boolean isSpace(char character) {
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == NEXT_LINE;
    }

    private static List<Integer> boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
