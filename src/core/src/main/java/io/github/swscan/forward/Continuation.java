package io.github.swscan.forward;

import java.util.List;

/**
 * Tokens that may come at the end of a sequence, which is read without the last of them: the last so many tokens of the
 * sequence predict them.
 *
 * @param sequence index of the sequence, which is at least as long as the continuation
 * @param tokens at least one
 */
public record Continuation(int sequence, List<Integer> tokens) {

    public Continuation {
        tokens = List.copyOf(tokens);
    }
}
