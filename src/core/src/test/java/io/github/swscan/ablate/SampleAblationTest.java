package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.LocalSource;
import io.github.swscan.text.EvaluationText;
import io.github.swscan.text.Prompts;
import io.github.swscan.text.StopWords;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The trained models of models-sample/, in the order of effects that their README gives. */
class SampleAblationTest {

    @LentEngine
    private static TorchEngine engine;

    private record Run(List<Variant> variants, Map<String, Outcome> outcomes, BitSet stopWords, Tokenizer tokenizer) {

        double ratio(String variant) {
            return Math.exp(outcomes.get(variant).meanNllRise().value());
        }
    }

    private static Run run(String name, String weight, AblationSettings settings) {
        Path folder = Path.of("models-sample", name);
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, Precision.FP32);
        try (Tokenizer tokenizer = Tokenizer.read(
                LocalSource.of(folder.resolve("tokenizer.json")),
                model.architecture().vocabularySize())) {
            TokenSet tokens = TokenSet.ofText(
                    tokenizer,
                    Prompts.builtIn(),
                    EvaluationText.builtInFor(tokenizer),
                    128,
                    false,
                    TokenBudget.of(2048, 512));
            List<Variant> variants = Ablations.variants(model, Ablations.weights(model, weight), settings);
            BitSet stopWords = StopWords.of(tokenizer);
            AblationResult result = new Ablation(model, folder, tokens, List.of(), Optional.of(stopWords), 0)
                    .run(variants, bytes -> {});
            Map<String, Outcome> outcomes = new LinkedHashMap<>();
            outcomes.put("original", result.baseline());
            for (int i = 0; i < variants.size(); i++) {
                outcomes.put(variants.get(i).name(), result.outcomes().get(i));
            }
            return new Run(variants, outcomes, stopWords, tokenizer);
        }
    }

    private static AblationSettings everything(List<Double> scales, int largest) {
        return new AblationSettings(EnumSet.allOf(Variant.Kind.class), true, scales, 3, largest, 0);
    }

    @Test
    void effectsOfTheSuperWeightAreInOrder() {
        Run run = run("super-weight-1.5m", "1:57:123", everything(List.of(0.1, 0.25, 0.5, 1.0, 2.0, 3.0), 7000));

        assertThat(run.ratio("remove-1")).isGreaterThan(100);
        assertThat(run.ratio("scale-1-0.1")).isBetween(10.0, run.ratio("remove-1") - 1);
        assertThat(run.ratio("scale-1-0.25")).isBetween(1.05, 2.0);
        assertThat(run.ratio("scale-1-0.5")).isBetween(1.001, 1.02);
        assertThat(run.ratio("scale-1-2")).isBetween(0.999, 1.01);
        assertThat(run.ratio("scale-1-3")).isBetween(run.ratio("scale-1-2"), 1.02);
        assertThat(run.ratio("flip-1")).isBetween(1.03, 1.3);
        for (int control = 1; control <= 3; control++) {
            assertThat(run.ratio("control-" + control)).isCloseTo(1, within(0.002));
        }
        double damage = run.outcomes().get("remove-1").meanNllRise().value();
        assertThat(run.outcomes().get("restore").meanNllRise().value()).isLessThan(0.05 * damage);
        assertThat(run.outcomes().get("mean-1").meanNllRise().value()).isLessThan(0.05 * damage);
        assertThat(run.ratio("row-1")).isGreaterThan(100);
        assertThat(run.ratio("largest-7000")).isBetween(1.3, 4.0);
    }

    @Test
    void measuresOfTheUneditedModelAndOfARemovalFitTogether() {
        Run run = run("super-weight-1.5m", "1:57:123", everything(List.of(), 0));
        Outcome original = run.outcomes().get("original");
        Outcome removed = run.outcomes().get("remove-1");

        assertThat(original.meanNllRise()).isEqualTo(original.klDivergence());
        assertThat(original.meanNllRise().value()).isZero();
        assertThat(original.topTokenAgreement().value()).isEqualTo(1);
        assertThat(original.gained()).isEmpty();
        // A model predicts about as well as it believes: cross entropy is near entropy.
        assertThat(original.entropy().value()).isCloseTo(original.meanNll(), within(0.3));
        assertThat(removed.entropy().value()).isBetween(original.entropy().value(), Math.log(1024));
        assertThat(removed.meanNllRise().interval().orElseThrow().low())
                .isBetween(4.0, removed.meanNllRise().value());
        assertThat(removed.meanNllRise().interval().orElseThrow().high())
                .isBetween(removed.meanNllRise().value(), 6.0);
        assertThat(original.stopWordMass().orElseThrow().value()).isBetween(0.2, 0.6);
        assertThat(removed.lost())
                .allSatisfy(shift -> assertThat(shift.after()).isLessThan(shift.before()))
                .isSortedAccordingTo(
                        (one, other) -> Double.compare(other.before() - other.after(), one.before() - one.after()))
                .hasSize(5);
        assertThat(removed.gained()).hasSize(5).allSatisfy(shift -> assertThat(shift.after())
                .isGreaterThan(shift.before()));
        assertThat(run.stopWords().cardinality()).isBetween(50, 300);
    }

    @Test
    void theMoreOfTheLargestWeightsGoTheMoreDamageIsDone() {
        double before = 1;
        for (int count : List.of(10, 100, 1000, 7000)) {
            AblationSettings settings =
                    new AblationSettings(EnumSet.of(Variant.Kind.LARGEST), true, List.of(), 0, count, 0);
            double ratio = run("super-weight-1.5m", "1:57:123", settings).ratio("largest-" + count);
            assertThat(ratio).as("%d removed", count).isGreaterThan(before);
            before = ratio;
        }
        assertThat(before).isLessThan(5);
    }

    @Test
    void theHarmlessSpikeStaysHarmless() {
        Set<Variant.Kind> ofTheWeightAlone = EnumSet.complementOf(EnumSet.of(Variant.Kind.ROW, Variant.Kind.COLUMN));
        Run run = run(
                "harmless-spike-1.1m",
                "0:41:254",
                new AblationSettings(ofTheWeightAlone, true, AblationSettings.DEFAULT_SCALES, 3, 0, 0));

        for (Variant variant : run.variants()) {
            // The sign flipped is twice the change that removal is.
            double margin = variant.kind() == Variant.Kind.FLIP ? 0.05 : 0.01;
            assertThat(run.ratio(variant.name())).as(variant.name()).isCloseTo(1, within(margin));
        }
    }
}
