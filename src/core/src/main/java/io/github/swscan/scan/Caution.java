package io.github.swscan.scan;

import java.util.List;

/** What a report says where its numbers come from little text. */
final class Caution {

    private static final int FEW_TOKENS = 200;

    private Caution() {}

    /**
     * One sentence, or none where there is text enough.
     *
     * @param token what there are so many of: tokens that were predicted or, where nothing is predicted, that were read
     */
    static List<String> of(int tokens, String token) {
        return tokens >= FEW_TOKENS
                ? List.of()
                : List.of("Effects come from only %d %s: on other text they may be quite different; %s."
                        .formatted(
                                tokens,
                                tokens == 1 ? token : token + "s",
                                "--max-tokens N or a longer --text makes them surer"));
    }
}
