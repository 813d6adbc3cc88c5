package io.github.swscan.report.finding;

import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.EveryFinding;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.Conclusion;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FindingsTest {

    @Test
    void areOfEveryKindTheStrongestOfEachFirst() {
        assertThat(Findings.all(EveryFinding.judged()))
                .extracting(finding -> finding.rule().id() + " " + finding.description())
                .startsWith(
                        "critical-set set of weights 4:5:7, 4:5:8",
                        "critical-weight weight 1:2:3",
                        "weight-set set of weights 4:5:7, 4:5:9",
                        "super-weight weight 4:5:9",
                        "super-weight weight 4:5:7",
                        "super-weight weight 4:5:8",
                        "critical-sign sign of weight 1:2:3");
    }

    @Test
    void tellWhatItDoesAndWhereItLies() {
        assertThat(Findings.all(EveryFinding.judged()).get(1).message())
                .isEqualTo(
                        "Removing weight 1:2:3 alone multiplies the perplexity by 40 (critical): "
                                + "model.layers.1.mlp.down_proj.weight[2, 3] at byte 1099511627776 of model.safetensors, value 1.5.");
    }

    /** Where each expert has a tensor of its own, members of sets are named without the expert. */
    @Test
    void membersOfSetsAreFoundInMixturesOfEitherLayout() {
        SuperWeight one = weight(4, Optional.of(3), 5, 7, 12, Verdict.CRITICAL, 1);
        SuperWeight other = weight(4, Optional.of(3), 5, 8, 1.01, Verdict.HARMLESS, 1);
        DetectionReport stacked = new SmallReport()
                .with(one, other)
                .with(set(1, "joint", List.of(one, other), 300, 1.01, 1.01))
                .report();
        DetectionReport apart = ChangedReport.of(
                stacked, json -> ((ObjectNode) json.path("sets").path(0))
                        .putArray("members")
                        .add(one.tensor() + "[5, 7]")
                        .add(other.tensor() + "[5, 8]"));

        for (DetectionReport report : List.of(stacked, apart)) {
            Finding set = Findings.all(report).get(0);
            assertThat(set.rule()).isEqualTo(FindingRule.CRITICAL_SET);
            assertThat(set.description()).isEqualTo("set of weights 4:3:5:7, 4:3:5:8");
            assertThat(set.places()).hasSize(2);
            assertThat(Conclusion.of(report))
                    .startsWith("Two weights in layer 4 carry this model")
                    .doesNotContain("more");
        }
    }
}
