package io.github.swscan.scan;

import java.util.List;

/** What a report says where its numbers come from little text. */
final class Caution {

    private static final int FEW_PREDICTIONS = 200;

    private Caution() {}

    /**
     * One sentence, or none where there is text enough.
     *
     * @param predictions how many tokens were predicted
     */
    static List<String> of(int predictions) {
        return predictions >= FEW_PREDICTIONS
                ? List.of()
                : List.of("Effects come from only %d predicted %s: on other text they may be quite different; %s."
                        .formatted(
                                predictions,
                                predictions == 1 ? "token" : "tokens",
                                "--max-tokens N or a longer --text makes them surer"));
    }
}
