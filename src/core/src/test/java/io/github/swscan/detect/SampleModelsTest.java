package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.predictions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.effect.Measure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.input.LocalSource;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.EvaluationText;
import io.github.swscan.text.Prompts;
import io.github.swscan.text.TokenBudget;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.tokenizer.Tokenizer;
import io.github.swscan.weight.Coordinate;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The two trained models of models-sample/, with the numbers of its README. */
class SampleModelsTest {

    @LentEngine
    private static TorchEngine engine;

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theSuperWeightStandsAloneAndIsCritical(Precision precision) {
        Detection detection = detect("super-weight-1.5m", precision);
        Proof proof = detection.proofs().get(0);
        assertThat(proof.candidate().coordinate())
                .isEqualTo(new Coordinate(new Matrix("model.layers.1.mlp.down_proj.weight"), 57, 123));
        assertThat((double) proof.candidate().input().value()).isCloseTo(194, within(1.0));
        assertThat((double) proof.candidate().output().value()).isCloseTo(346, within(1.0));
        assertThat(proof.candidate().contributionShare()).isCloseTo(0.99, within(0.01));
        assertThat(predictions(proof.alone()).perplexityRatio()).isGreaterThan(100);
        assertThat(judge(detection).verdict(proof.alone())).isEqualTo(Verdict.CRITICAL);
        assertThat(predictions(detection.control().orElseThrow()).perplexityRatio())
                .isCloseTo(1, within(0.005));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theHarmlessSpikeIsFoundAndJudgedHarmless(Precision precision) {
        Detection detection = detect("harmless-spike-1.1m", precision);
        Judge judge = judge(detection);
        assertThat(detection.proofs()).allMatch(proof -> judge.verdict(proof.alone()) == Verdict.HARMLESS);
        Proof spike = detection.proofs().get(0);
        assertThat(spike.candidate().coordinate())
                .isEqualTo(new Coordinate(new Matrix("model.layers.0.mlp.down_proj.weight"), 41, 254));
        assertThat((double) spike.candidate().output().value()).isCloseTo(161, within(1.5));
        assertThat(predictions(spike.alone()).perplexityRatio()).isCloseTo(1, within(0.015));
        assertThat(detection.sets()).isEmpty();
        assertThat(detection.proofs()).noneMatch(proof -> judge.isSuperWeight(proof, detection.sets()));
    }

    private static Detection detect(String name, Precision precision) {
        Path folder = Path.of("models-sample", name);
        RunnableModel model = ReferenceCheckpoint.model(folder, engine, precision);
        try (Tokenizer tokenizer = Tokenizer.read(
                LocalSource.of(folder.resolve("tokenizer.json")),
                model.architecture().vocabularySize())) {
            TokenSet tokens = TokenSet.ofText(
                    tokenizer,
                    Prompts.builtIn(),
                    EvaluationText.builtInFor(tokenizer),
                    model.architecture().contextLength(),
                    false,
                    TokenBudget.of(2048, TokenBudget.DEFAULT_WINDOW));
            return Detections.run(model, tokens, Detections.SETTINGS);
        }
    }

    private static Judge judge(Detection detection) {
        return new Judge(
                Measure.PERPLEXITY_RATIO,
                Measure.PERPLEXITY_RATIO.defaultThresholds(),
                DetectionRules.DEFAULT_CONTROL_FACTOR,
                detection.control());
    }
}
