package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.effect.Effect;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.report.Verdict;
import io.github.swscan.weight.Coordinate;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class JudgeTest {

    private static Judge judge(Measure measure, Optional<Effect> control) {
        return new Judge(measure, measure.defaultThresholds(), 5, control);
    }

    private static Effect measured(Measure measure, double damage) {
        return measure == Measure.HIDDEN_STATE_CHANGE ? new HiddenStateEffect(damage, 1, 0) : effect(damage);
    }

    private static Judge byDivergence() {
        return judge(Measure.KL_DIVERGENCE, Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "KL_DIVERGENCE, 1, CRITICAL",
        "KL_DIVERGENCE, 0.9999, HIGH",
        "KL_DIVERGENCE, 0.1, HIGH",
        "KL_DIVERGENCE, 0.0999, MODERATE",
        "KL_DIVERGENCE, 0.01, MODERATE",
        "KL_DIVERGENCE, 0.00999, HARMLESS",
        "KL_DIVERGENCE, 0, HARMLESS",
        "KL_DIVERGENCE, NaN, HARMLESS",
        "KL_DIVERGENCE, 1.7976931348623157e308, CRITICAL",
        "PERPLEXITY_RATIO, 2.3026, CRITICAL", // ln 10
        "PERPLEXITY_RATIO, 2.3025, HIGH",
        "PERPLEXITY_RATIO, 0.4055, HIGH", // ln 1.5
        "PERPLEXITY_RATIO, 0.4054, MODERATE",
        "PERPLEXITY_RATIO, 0.0488, MODERATE", // ln 1.05
        "PERPLEXITY_RATIO, 0.0487, HARMLESS",
        "PERPLEXITY_RATIO, -3, HARMLESS",
        "PERPLEXITY_RATIO, 1.7976931348623157e308, CRITICAL",
        "HIDDEN_STATE_CHANGE, 0.5, CRITICAL",
        "HIDDEN_STATE_CHANGE, 0.4999, HIGH",
        "HIDDEN_STATE_CHANGE, 0.1, HIGH",
        "HIDDEN_STATE_CHANGE, 0.0999, MODERATE",
        "HIDDEN_STATE_CHANGE, 0.02, MODERATE",
        "HIDDEN_STATE_CHANGE, 0.0199, HARMLESS"
    })
    void aVerdictIsTheStrongestWhoseThresholdIsReached(Measure measure, double nats, Verdict verdict) {
        assertThat(judge(measure, Optional.empty()).verdict(measured(measure, nats)))
                .isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({
        "KL_DIVERGENCE, 0.1, 0.4999, HARMLESS",
        "KL_DIVERGENCE, 0.1, 0.5, HIGH",
        "KL_DIVERGENCE, 0.001, 0.01, MODERATE",
        "PERPLEXITY_RATIO, 0.1, 0.4999, HARMLESS",
        "PERPLEXITY_RATIO, 0.1, 0.5, HIGH",
        "PERPLEXITY_RATIO, -1, 0.05, MODERATE"
    })
    void whatDoesLessThanFiveTimesTheControlIsHarmless(Measure measure, double control, double nats, Verdict verdict) {
        assertThat(judge(measure, Optional.of(effect(control))).verdict(effect(nats)))
                .isEqualTo(verdict);
    }

    @Test
    void aControlThatBreaksTheModelLeavesNoVerdict() {
        assertThat(judge(Measure.KL_DIVERGENCE, Optional.of(effect(Double.MAX_VALUE)))
                        .verdict(effect(Double.MAX_VALUE)))
                .isEqualTo(Verdict.HARMLESS);
    }

    @Test
    void withoutAControlTheThresholdsDecideAlone() {
        assertThat(Judge.of(Detections.SETTINGS, Optional.empty()).verdict(effect(0.02)))
                .isEqualTo(Verdict.MODERATE);
        assertThat(Judge.of(Detections.SETTINGS, Optional.of(effect(0.01))).verdict(effect(0.02)))
                .isEqualTo(Verdict.HARMLESS);
    }

    @Property(tries = 500, seed = "5")
    void moreDamageNeverHasAWeakerVerdict(
            @ForAll Measure measure,
            @ForAll @DoubleRange(max = 4) double nats,
            @ForAll @DoubleRange(max = 4) double more,
            @ForAll @DoubleRange(max = 0.1) double control) {
        Judge judge = judge(measure, Optional.of(effect(control)));

        assertThat(judge.verdict(effect(nats + more)).isAtLeast(judge.verdict(effect(nats))))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0.001, true", "0.09, 0.006, true", "0.09, 0.004, false", "0.11, 0.004, false", "0.11, 0.006, true"
    })
    void nearAThresholdTwoStandardErrorsMakeAnotherVerdict(double nats, double error, boolean near) {
        Effect measured = new PredictionEffect(1, nats, nats, 1, error, error);

        assertThat(byDivergence().isNearThreshold(measured)).isEqualTo(near);
    }

    @ParameterizedTest
    @CsvSource({"0.48, true", "0.43, false", "0.58, false"})
    void nearWhatTheControlAsksForIsNearAThresholdToo(double nats, boolean near) {
        Judge judge = judge(Measure.KL_DIVERGENCE, Optional.of(effect(0.1)));

        assertThat(judge.isNearThreshold(new PredictionEffect(1, nats, nats, 1, 0.03, 0.03)))
                .isEqualTo(near);
    }

    @ParameterizedTest
    @EnumSource(Measure.class)
    void theErrorIsThatOfTheMeasure(Measure measure) {
        double threshold = measure == Measure.KL_DIVERGENCE ? 0.1 : Math.log(1.5);
        double own = threshold + 0.01;
        Effect byDivergence = new PredictionEffect(1, own, own, 1, 0, 0.02);
        Effect byRise = new PredictionEffect(1, own, own, 1, 0.02, 0);

        assertThat(judge(measure, Optional.empty()).isNearThreshold(byDivergence))
                .isEqualTo(measure == Measure.KL_DIVERGENCE);
        assertThat(judge(measure, Optional.empty()).isNearThreshold(byRise))
                .isEqualTo(measure == Measure.PERPLEXITY_RATIO);
    }

    @Test
    void damageBeyondAllNumbersIsNotNearAnything() {
        assertThat(byDivergence().isNearThreshold(effect(Double.MAX_VALUE))).isFalse();
        assertThat(byDivergence()
                        .isNearThreshold(new PredictionEffect(1, Double.MAX_VALUE, Double.MAX_VALUE, 1, 1e307, 1e307)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "INDEPENDENT, 0.02, false, true",
        "DEPENDENT, 0.02, false, true",
        "CANCELLING, 0.02, false, false",
        "INDEPENDENT, 0, false, false",
        "INDEPENDENT, 0, true, true",
        "CANCELLING, 0.02, true, true"
    })
    void aSuperWeightHasAVerdictOfItsOwnOrIsInASet(
            Candidate.Kind kind, double nats, boolean inSet, boolean superWeight) {
        Candidate candidate = Samples.candidate(0, 0, 0, 1);
        Proof proof = new Proof(candidate, 1, kind, effect(nats), true, Optional.empty());
        List<Coordinate> members = inSet ? Samples.row(2) : List.of(Samples.weight(1, 1, 1), Samples.weight(1, 1, 2));
        FoundSet set = new FoundSet(
                FoundSet.Kind.JOINT, members, effect(1), List.of(effect(0), effect(0)), List.of(effect(0), effect(0)));

        assertThat(byDivergence().isSuperWeight(proof, List.of(set))).isEqualTo(superWeight);
    }
}
