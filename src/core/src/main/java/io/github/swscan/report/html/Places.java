package io.github.swscan.report.html;

import java.util.Optional;

/** Short names of weights: {@code layer:row:column}, in mixtures {@code layer:expert:row:column}. */
final class Places {

    private Places() {}

    static String of(int layer, Optional<Integer> expert, int row, int column) {
        return "%d:%s%d:%d".formatted(layer, expert.map(number -> number + ":").orElse(""), row, column);
    }
}
