package io.github.swscan.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.effect.Measure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Finds super weights whose places are known, in models in which decoys stand beside them. */
class PlantedTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("planted");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void findsThePlantedWeightsAndNothingElse(String name) {
        Planted planted = Planted.named(name);
        for (Precision precision : Precision.values()) {
            Detection detection = planted.detect(engine, precision, Detections.SETTINGS);
            assertThat(detection.proofs().stream()
                            .map(Proof::candidate)
                            .filter(candidate -> candidate.kind() == Candidate.Kind.INDEPENDENT)
                            .map(Candidate::coordinate))
                    .as(precision.label())
                    .containsExactlyInAnyOrderElementsOf(planted.coordinates());
            assertThat(detection.readings()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void judgesExactlyThePlantedWeightsToBeSuperWeights(String name) {
        Planted planted = Planted.named(name);
        Detection detection = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        Judge judge = Detections.judge(detection);
        assertThat(detection.proofs().stream().filter(judge::isSuperWeight).map(proof -> proof.candidate()
                        .coordinate()))
                .containsExactlyInAnyOrderElementsOf(planted.coordinates());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void reproducesTheLossAfterRemoval(String name) {
        Planted planted = Planted.named(name);
        Detection detection = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        assertThat(detection.baselineNll())
                .isCloseTo(planted.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
        for (JsonNode weight : planted.expected().get("planted")) {
            Proof proof = detection.proofs().stream()
                    .filter(found -> found.candidate().coordinate().equals(Planted.coordinate(weight)))
                    .findFirst()
                    .orElseThrow();
            assertThat(proof.alone().meanNll())
                    .isCloseTo(weight.get("ce_after_zeroing").doubleValue(), within(1e-5));
            assertThat((double) proof.candidate().value())
                    .isCloseTo(weight.get("value").doubleValue(), within(1e-6));
            assertThat(proof.candidate().contributionShare())
                    .isCloseTo(weight.get("contribution_share").doubleValue(), within(1e-4));
            assertThat((double) proof.candidate().input().value())
                    .isCloseTo(weight.get("input_value_at_position_0").doubleValue(), within(0.01));
            assertThat((double) proof.candidate().output().value())
                    .isCloseTo(weight.get("output_value_at_position_0").doubleValue(), within(0.04));
        }
        JsonNode allZeroed = planted.expected().get("mean_cross_entropy_all_planted_zeroed");
        if (allZeroed.isNumber()) {
            assertThat(detection.allRemoved().orElseThrow().meanNll()).isCloseTo(allZeroed.doubleValue(), within(1e-5));
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void reportsDecoysUnderTheirOwnNames(String name) {
        Planted planted = Planted.named(name);
        Detection detection = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        for (JsonNode decoy : planted.expected().get("decoys")) {
            String kind = decoy.get("kind").textValue();
            int layer = decoy.get("layer").intValue();
            int row = decoy.get("row").intValue();
            if (kind.equals("diffuse")) {
                assertThat(detection.diffuse())
                        .anyMatch(spike ->
                                spike.layer() == layer && spike.coordinate().row() == row);
            }
            assertThat(detection.proofs().stream().map(Proof::candidate))
                    .as("no candidate where the %s decoy is", kind)
                    .noneMatch(candidate -> candidate.layer() == layer
                            && candidate.coordinate().row() == row
                            && candidate.kind() != Candidate.Kind.CANCELLING);
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void provesTheSameInSeveralReadingsAsInOne(String name) {
        Planted planted = Planted.named(name);
        DetectionSettings oneAtATime = new DetectionSettings(
                Measure.KL_DIVERGENCE,
                Detections.SETTINGS.spikeRule(),
                0.2,
                Detections.SETTINGS.thresholds(),
                5,
                1,
                3,
                0);
        Detection inOne = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        Detection inSeveral = planted.detect(engine, Precision.FP32, oneAtATime);
        assertThat(inOne.readings()).isEqualTo(1);
        assertThat(inSeveral.readings() > 1).isEqualTo(inOne.proofs().size() > 1);
        for (int i = 0; i < inOne.proofs().size(); i++) {
            Proof one = inOne.proofs().get(i);
            Proof several = inSeveral.proofs().get(i);
            assertThat(several.candidate()).isEqualTo(one.candidate());
            assertThat(several.alone().meanNll()).isCloseTo(one.alone().meanNll(), within(1e-6));
            assertThat(several.groupRemoved().isPresent())
                    .isEqualTo(one.groupRemoved().isPresent());
            if (one.groupRemoved().isPresent()) {
                assertThat(several.groupRemoved().get().meanNll())
                        .isCloseTo(one.groupRemoved().get().meanNll(), within(1e-6));
            }
        }
    }

    /** A planted checkpoint with its token ids. */
    record Planted(ReferenceCheckpoint reference) {

        static Planted named(String name) {
            return new Planted(ReferenceCheckpoint.named(name));
        }

        JsonNode expected() {
            return reference.expected();
        }

        List<Coordinate> coordinates() {
            return StreamSupport.stream(expected().get("planted").spliterator(), false)
                    .map(Planted::coordinate)
                    .toList();
        }

        static Coordinate coordinate(JsonNode weight) {
            boolean stacked = weight.get("index_in_tensor").size() == 3;
            return new Coordinate(
                    new Matrix(
                            weight.get("weight_key").textValue(),
                            stacked ? OptionalInt.of(weight.get("expert").intValue()) : OptionalInt.empty()),
                    weight.get("row").intValue(),
                    weight.get("col").intValue());
        }

        TokenSet tokens() {
            List<int[]> ids = new ArrayList<>();
            for (JsonNode sequence : expected().get("ids")) {
                ids.add(StreamSupport.stream(sequence.spliterator(), false)
                        .mapToInt(JsonNode::intValue)
                        .toArray());
            }
            return TokenSet.ofIds(ids);
        }

        Detection detect(TorchEngine engine, Precision precision, DetectionSettings settings) {
            return Detections.run(reference.model(engine, precision), tokens(), settings);
        }
    }
}
