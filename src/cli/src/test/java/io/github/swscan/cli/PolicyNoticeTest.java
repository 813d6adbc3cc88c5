package io.github.swscan.cli;

import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.policy.Policy;
import io.github.swscan.policy.Rule;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.SuperWeight;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyNoticeTest {

    private static final SuperWeight STRONG = weight(11, 507, 1229, 5.7, 1);
    private static final SuperWeight ITS_PARTNER = weight(11, 507, 1487, 1.12, 1);
    private static final SuperWeight FIRST = weight(2, 507, 90, 1.46, 2);
    private static final SuperWeight SECOND = weight(2, 507, 430, 1.45, 2);
    private static final SuperWeight THIRD = weight(2, 260, 90, 1.14, 3);
    private static final SuperWeight FOURTH = weight(2, 260, 430, 1.08, 3);

    private static final DetectionReport REPORT = new SmallReport()
            .with(STRONG, ITS_PARTNER, FIRST, SECOND, THIRD, FOURTH)
            .with(
                    set(1, "joint", List.of(STRONG, ITS_PARTNER), 8700, 1.12, 5.7),
                    set(2, "joint", List.of(FIRST, SECOND), 2.4, 1.45, 1.46),
                    set(3, "joint", List.of(THIRD, FOURTH), 1.6, 1.08, 1.14))
            .report();

    @Test
    void theStrongestIsNamedAndTheOthersAreCountedOnce() {
        assertThat(PolicyNotice.errors(new Policy(Set.of(Rule.SET, Rule.HIGH), List.of()).applied(REPORT)))
                .contains("model: policy violated: high: set of weights 11:507:1229, 11:507:1487"
                        + "; and 3 more, see the report");
    }

    @Test
    void oneThatIsAllHasNothingBehindIt() {
        assertThat(PolicyNotice.errors(new Policy(Set.of(Rule.CRITICAL), List.of()).applied(REPORT)))
                .contains("model: policy violated: critical: set of weights 11:507:1229, 11:507:1487");
    }

    @Test
    void aPolicyThatHoldsHasNoNotice() {
        assertThat(PolicyNotice.errors(new Policy(Set.of(Rule.FLIP_CRITICAL), List.of()).applied(REPORT)))
                .isEmpty();
    }
}
