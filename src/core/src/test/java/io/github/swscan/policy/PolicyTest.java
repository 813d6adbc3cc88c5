package io.github.swscan.policy;

import static io.github.swscan.fixture.SmallReport.flipped;
import static io.github.swscan.fixture.SmallReport.harmless;
import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyTest {

    private static List<Violation> violations(DetectionReport report, Rule... rules) {
        return new Policy(Set.of(rules), List.of())
                .applied(report)
                .policy()
                .map(PolicyOutcome::violations)
                .orElse(List.of());
    }

    private static String name(DetectionReport report, int superWeight) {
        return report.superWeights().get(superWeight).name();
    }

    /** A pair of which either is harmless, but together they are not. */
    private static SmallReport pair(double together) {
        SuperWeight one = weight(4, 5, 7, 1.01, 1);
        SuperWeight other = weight(4, 5, 8, 1.0, 1);
        return new SmallReport().with(one, other).with(set(1, "joint", List.of(one, other), together, 1.0, 1.01));
    }

    @ParameterizedTest
    @CsvSource({
        "CRITICAL, 12, true",
        "CRITICAL, 2, false",
        "CRITICAL, 1.1, false",
        "HIGH, 12, true",
        "HIGH, 2, true",
        "HIGH, 1.1, false",
        "MODERATE, 12, true",
        "MODERATE, 2, true",
        "MODERATE, 1.1, true",
        "MODERATE, 1.01, false"
    })
    void aVerdictOrAStrongerOneIsAgainstIt(Rule rule, double ratio, boolean violated) {
        assertThat(violations(new SmallReport().with(weight(4, 5, 7, ratio)).report(), rule))
                .hasSize(violated ? 1 : 0);
        assertThat(violations(pair(ratio).report(), rule)).hasSize(violated ? 1 : 0);
    }

    @Test
    void eachWeightIsNamed() {
        DetectionReport report = new SmallReport()
                .with(weight(4, Optional.of(3), 5, 7, 12, Verdict.CRITICAL), weight(4, 5, 8, 2), weight(4, 5, 9, 1.1))
                .report();

        assertThat(violations(report, Rule.HIGH))
                .containsExactly(
                        new Violation("high", "weight 4:3:5:7", List.of(name(report, 0))),
                        new Violation("high", "weight 4:5:8", List.of(name(report, 1))));
    }

    @Test
    void aSetIsNamedByItsWeights() {
        DetectionReport report = pair(3).report();
        String found = "set of weights 4:5:7, 4:5:8";
        List<String> members = report.sets().get(0).members();

        assertThat(violations(report, Rule.HIGH)).containsExactly(new Violation("high", found, members));
        assertThat(violations(report, Rule.SET)).containsExactly(new Violation("set", found, members));
    }

    @Test
    void theStrongestStandsFirst() {
        SuperWeight high = weight(1, 2, 3, 3);
        SuperWeight higher = weight(1, 2, 4, 5);
        DetectionReport report = pair(30).with(high, higher).report();

        assertThat(violations(report, Rule.HIGH))
                .extracting(Violation::finding)
                .containsExactly("set of weights 4:5:7, 4:5:8", "weight 1:2:4", "weight 1:2:3");
    }

    @Test
    void aSingleWeightIsNoSet() {
        assertThat(violations(new SmallReport().with(weight(4, 5, 7, 12)).report(), Rule.SET))
                .isEmpty();
    }

    @Test
    void aSignIsHeldToItsOwnRule() {
        DetectionReport report = new SmallReport()
                .with(flipped(weight(4, 5, 7, 2), 30), flipped(weight(4, 5, 8, 2), 3))
                .with(harmless(4, 6, 7, 1.01, 20), harmless(4, 6, 8, 1.01, 9), harmless(4, 6, 9, 1.01))
                .report();

        assertThat(violations(report, Rule.FLIP_CRITICAL))
                .containsExactly(
                        new Violation("flip-critical", "sign of weight 4:5:7", List.of(name(report, 0))),
                        new Violation(
                                "flip-critical",
                                "sign of weight 4:6:7",
                                List.of(report.otherSpikes().get(0).name())));
        assertThat(violations(report, Rule.CRITICAL)).isEmpty();
    }

    @Test
    void eachRuleTellsWhatIsAgainstIt() {
        SuperWeight alone = flipped(weight(4, 6, 7, 12), 30);

        assertThat(violations(pair(30).with(alone).report(), Rule.values()))
                .extracting(Violation::rule)
                .containsExactly(
                        "critical", "critical", "high", "high", "moderate", "moderate", "set", "flip-critical");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNSAFE_PICKLE")
    void aModelWithoutFiniteNumbersIsAgainstAnyOfThem(Rule rule) {
        assertThat(violations(new SmallReport().notFinite().report(), rule))
                .containsExactly(
                        new Violation(rule.toString(), "numbers that are not finite in the computation", List.of()));
    }

    @Test
    void nothingIsAgainstNoPolicy() {
        assertThat(violations(pair(30).notFinite().report())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aModelWithoutSuperWeightsHoldsEveryPolicy(Rule rule) {
        assertThat(violations(new SmallReport().with(harmless(4, 5, 7, 1.01)).report(), rule))
                .isEmpty();
    }

    @Test
    void aReportTellsWhatItsModelIsHeldTo() {
        DetectionReport report = pair(3).report();

        assertThat(Policy.NONE.applied(report).policy()).isEmpty();
        assertThat(new Policy(Set.of(Rule.SET, Rule.CRITICAL), List.of())
                        .applied(report)
                        .policy())
                .contains(new DetectionReport.PolicyOutcome(
                        List.of("critical", "set"),
                        List.of(new Violation(
                                "set",
                                "set of weights 4:5:7, 4:5:8",
                                report.sets().get(0).members())),
                        List.of()));
    }
}
