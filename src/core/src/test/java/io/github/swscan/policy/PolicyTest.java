package io.github.swscan.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.FailedScan;
import io.github.swscan.report.Location;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Tool;
import io.github.swscan.report.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyTest {

    private static final Tool TOOL = new Tool("swscan", "test");

    private static DetectionReport report(boolean finite, Verdict... verdicts) {
        Peak peak = new Peak(1, 0, 0, 0);
        DetectionReport.Effect effect = new DetectionReport.Effect(2, 1, Math.E, 1, 0.5);
        return new DetectionReport(
                DetectionReport.SCHEMA_VERSION,
                TOOL,
                "2026-01-31T12:00:00Z",
                new ModelSummary("model", "mixtral", 1, 1, 1, 1, "BF16", List.of()),
                new DetectionReport.Run("cpu", "fp32", "prompts", "text", 1, 1, 1, 1, 1, Optional.empty()),
                new DetectionReport.Settings(
                        "rule", 0.5, "ratio", new DetectionReport.Thresholds(10, 1.5, 1.05), 5, 1, 1, 0),
                finite ? Optional.of(new DetectionReport.Baseline(1, Math.E, 1)) : Optional.empty(),
                List.of(),
                Stream.of(verdicts)
                        .map(verdict -> new DetectionReport.SuperWeight(
                                1,
                                "down",
                                0,
                                Optional.of(3),
                                5,
                                7,
                                1,
                                new Location("file", 0, "BF16"),
                                peak,
                                peak,
                                1,
                                "independent",
                                Optional.empty(),
                                effect,
                                Optional.empty(),
                                verdict))
                        .toList(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of());
    }

    private static List<Violation> violations(Verdict limit, DetectionReport report) {
        return new Policy(Optional.of(limit)).violations(report);
    }

    @ParameterizedTest
    @CsvSource({
        "CRITICAL, CRITICAL, true",
        "CRITICAL, HIGH, false",
        "CRITICAL, MODERATE, false",
        "HIGH, CRITICAL, true",
        "HIGH, HIGH, true",
        "HIGH, MODERATE, false",
        "MODERATE, CRITICAL, true",
        "MODERATE, HIGH, true",
        "MODERATE, MODERATE, true"
    })
    void aVerdictOrAStrongerOneIsAgainstIt(Verdict limit, Verdict verdict, boolean violated) {
        assertThat(violations(limit, report(true, verdict)).isEmpty()).isEqualTo(!violated);
    }

    @Test
    void eachWeightIsNamed() {
        assertThat(violations(Verdict.HIGH, report(true, Verdict.CRITICAL, Verdict.MODERATE, Verdict.HIGH)))
                .containsExactly(
                        new Violation(Verdict.HIGH, "down[3, 5, 7] is critical"),
                        new Violation(Verdict.HIGH, "down[3, 5, 7] is high"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Verdict.class,
            names = {"CRITICAL", "HIGH", "MODERATE"})
    void aModelWithoutFiniteNumbersIsAgainstAnyOfThem(Verdict limit) {
        assertThat(violations(limit, report(false))).hasSize(1);
    }

    @Test
    void nothingIsAgainstNoPolicy() {
        assertThat(new Policy(Optional.empty()).violations(report(false, Verdict.CRITICAL)))
                .isEmpty();
    }

    @Test
    void aModelWithoutSuperWeightsHoldsEveryPolicy() {
        assertThat(violations(Verdict.MODERATE, report(true))).isEmpty();
    }

    @Test
    void aScanThatFailedSaysNothing() {
        FailedScan failed =
                new FailedScan("1.0", TOOL, new FailedScan.Model("model"), new FailedScan.Failure(3, "is missing"));

        assertThat(new Policy(Optional.of(Verdict.MODERATE)).violations(failed)).isEmpty();
    }
}
