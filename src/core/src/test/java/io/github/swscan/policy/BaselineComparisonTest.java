package io.github.swscan.policy;

import static io.github.swscan.fixture.SmallReport.harmless;
import static io.github.swscan.fixture.SmallReport.set;
import static io.github.swscan.fixture.SmallReport.weight;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Change;
import io.github.swscan.report.DetectionReport.SuperWeight;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaselineComparisonTest {

    private static List<Change> changes(DetectionReport before, DetectionReport now) {
        return BaselineComparison.of("before.json", before, now, 0.01).changes();
    }

    private static List<String> told(DetectionReport before, DetectionReport now) {
        return changes(before, now).stream()
                .map(change -> change.kind() + ": " + change.description())
                .toList();
    }

    private static DetectionReport one(double ratio) {
        return new SmallReport().with(weight(4, 5, 7, ratio)).report();
    }

    private static DetectionReport changed(DetectionReport report, Consumer<ObjectNode> firstWeight) {
        return ChangedReport.of(
                report,
                json -> firstWeight.accept(
                        (ObjectNode) json.path("superWeights").path(0)));
    }

    private static DetectionReport withValue(DetectionReport report, float value, String dtype) {
        return changed(report, weight -> {
            weight.put("value", value);
            ((ObjectNode) weight.path("location")).put("dtype", dtype);
        });
    }

    @Test
    void theSameIsNoChange() {
        assertThat(changes(one(12), one(12))).isEmpty();
    }

    @Test
    void whatAppearsAndVanishesIsTold() {
        DetectionReport nothing = new SmallReport().report();

        assertThat(told(nothing, one(12))).containsExactly("appeared: weight 4:5:7 is new, and critical");
        assertThat(told(one(12), nothing))
                .containsExactly("vanished: weight 4:5:7 was critical and is not found any more");
    }

    @Test
    void aWeightThatDoesNothingAnyMoreHasVanished() {
        DetectionReport without =
                new SmallReport().with(harmless(4, 5, 7, 1.001)).report();

        assertThat(told(one(12), without))
                .containsExactly(
                        "vanished: weight 4:5:7 was critical and is harmless",
                        "value: weight 4:5:7 was 1.5 and is -0.5",
                        "effect: weight 4:5:7 raised the mean NLL by 2.4849 nats and raises it by 0.0010");
        assertThat(changes(without, one(12))).extracting(Change::kind).containsExactly("appeared", "value", "effect");
    }

    @Test
    void anotherVerdictIsTold() {
        assertThat(told(one(12), one(9.9)))
                .as("less than a quarter apart")
                .containsExactly("verdict: weight 4:5:7 was critical and is high");
    }

    @ParameterizedTest
    @CsvSource({"12, 30, true", "12, 12.5, false", "1.06, 1.1, false", "1.1, 1.2, true"})
    void anEffectIsAnotherIfItIsFarFromThatBothWays(double before, double now, boolean other) {
        assertThat(changes(one(before), one(now)).stream()
                        .anyMatch(change -> change.kind().equals("effect")))
                .isEqualTo(other);
    }

    @Test
    void effectsOnOtherTextAreNotCompared() {
        DetectionReport elsewhere =
                ChangedReport.of(one(30), json -> ((ObjectNode) json.path("run")).put("precision", "bf16"));

        assertThat(changes(one(12), elsewhere)).isEmpty();
        assertThat(BaselineComparison.of("before.json", one(12), elsewhere, 0.01)
                        .notes())
                .hasSize(1)
                .allMatch(note -> note.contains("Effects were not compared"));
    }

    @ParameterizedTest
    @CsvSource({
        "1.5, BF16, 1.5, BF16, false",
        "1.5, BF16, 1.5000001, BF16, true",
        "0.0, BF16, -0.0, BF16, true",
        "1.5, BF16, 1.5078125, F16, false",
        "1.5, BF16, 1.51, F8_E4M3, false",
        "1.5, BF16, 1.6, F8_E4M3, true",
        "1.5, BF16, NaN, F16, true"
    })
    void valuesAreComparedByBitsOfTheSameTypeElseWithinTheTolerance(
            float before, String type, float now, String otherType, boolean other) {
        assertThat(changes(withValue(one(12), before, type), withValue(one(12), now, otherType)).stream()
                        .anyMatch(change -> change.kind().equals("value")))
                .isEqualTo(other);
    }

    @Test
    void setsAreMatchedByTheirMembersInAnyOrder() {
        SuperWeight a = weight(4, 5, 7, 1.01, 1);
        SuperWeight b = weight(4, 5, 8, 1.01, 1);
        DetectionReport before = new SmallReport()
                .with(a, b)
                .with(set(1, "joint", List.of(a, b), 300, 1.01, 1.01))
                .report();
        DetectionReport turned = new SmallReport()
                .with(b, a)
                .with(set(1, "joint", List.of(b, a), 300, 1.01, 1.01))
                .report();
        DetectionReport weaker = new SmallReport()
                .with(a, b)
                .with(set(1, "joint", List.of(a, b), 3, 1.01, 1.01))
                .report();
        DetectionReport gone = new SmallReport().with(a, b).report();

        assertThat(changes(before, turned)).isEmpty();
        assertThat(told(before, weaker))
                .containsExactly(
                        "verdict: set of weights 4:5:7, 4:5:8 was critical and is high",
                        "effect: set of weights 4:5:7, 4:5:8 raised the mean NLL by 5.7038 nats and raises it by 1.0986");
        assertThat(told(before, gone))
                .containsExactly("vanished: set of weights 4:5:7, 4:5:8 was critical and is not found any more");
        assertThat(told(gone, before)).containsExactly("appeared: set of weights 4:5:7, 4:5:8 is new, and critical");
    }

    @Test
    void reportsOfModelsOfAnotherSizeCannotBeCompared() {
        DetectionReport larger =
                ChangedReport.of(one(12), json -> ((ObjectNode) json.path("model")).put("hiddenSize", 64));

        assertThat(BaselineComparison.difference(one(12), one(30))).isEmpty();
        assertThat(BaselineComparison.difference(larger, one(12)))
                .contains("is about a model of 1 layers of 64 channels, 3 in the MLP; this one has 1 layers of 2 "
                        + "channels, 3 in the MLP");
    }

    @Test
    void aChangeViolatesThePolicyThatAsksForNone() {
        DetectionReport compared = one(12).with(BaselineComparison.of("before.json", one(3), one(12), 0.01));

        assertThat(new Policy(Set.of(Rule.CHANGED), List.of())
                        .applied(compared)
                        .policy()
                        .orElseThrow()
                        .violations())
                .extracting(DetectionReport.Violation::rule, DetectionReport.Violation::finding)
                .contains(org.assertj.core.groups.Tuple.tuple("changed", "weight 4:5:7 was high and is critical"));
    }
}
