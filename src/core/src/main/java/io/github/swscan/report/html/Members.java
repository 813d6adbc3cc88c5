package io.github.swscan.report.html;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.SuperWeight;
import java.util.List;

/** Short names of the members of sets, which reports name by their tensors. */
final class Members {

    private Members() {}

    /** {@code layer:row:column}, in mixtures {@code layer:expert:row:column}. */
    static List<String> places(List<String> members, DetectionReport report) {
        return members.stream()
                .map(member ->
                        report.superWeight(member).map(SuperWeight::place).orElseGet(() -> VisibleText.of(member)))
                .toList();
    }
}
