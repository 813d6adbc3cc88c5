package io.github.swscan.text.task;

import java.util.List;

/**
 * A text that may follow a context, in tokens: a model is asked how likely it is.
 *
 * @param input what the model reads: the context and, but for its last token, the continuation. The last so many tokens
 *     of the input as the continuation has predict it
 * @param continuation the tokens whose likelihood is asked for
 * @param truncated whether the input lost its beginning because it is longer than the model's context
 */
public record Request(List<Integer> input, List<Integer> continuation, boolean truncated) {

    public Request {
        input = List.copyOf(input);
        continuation = List.copyOf(continuation);
    }
}
