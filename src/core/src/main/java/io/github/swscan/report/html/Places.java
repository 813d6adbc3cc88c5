package io.github.swscan.report.html;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.SuperWeight;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Short names of weights: {@code layer:row:column}, in mixtures {@code layer:expert:row:column}. */
final class Places {

    private Places() {}

    static String of(int layer, Optional<Integer> expert, int row, int column) {
        return "%d:%s%d:%d".formatted(layer, expert.map(number -> number + ":").orElse(""), row, column);
    }

    static String of(SuperWeight weight) {
        return of(weight.layer(), weight.expert(), weight.row(), weight.column());
    }

    /** Those of members of sets, which reports name by their tensors: with the expert, where its tensor holds several. */
    static List<String> of(List<String> members, DetectionReport report) {
        Map<String, String> places = new HashMap<>();
        for (SuperWeight weight : report.superWeights()) {
            places.put("%s[%d, %d]".formatted(weight.tensor(), weight.row(), weight.column()), of(weight));
        }
        for (SuperWeight weight : report.superWeights()) {
            places.put(weight.name(), of(weight));
        }
        return members.stream()
                .map(member -> places.getOrDefault(member, VisibleText.of(member)))
                .toList();
    }
}
