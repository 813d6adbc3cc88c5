package io.github.swscan.detect;

import static io.github.swscan.detect.Samples.predictions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Matrix;
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
    void testsThePlantedWeightsFirst(String name) {
        Planted planted = Planted.named(name);
        for (Precision precision : Precision.values()) {
            Detection detection = planted.detect(engine, precision, Detections.SETTINGS);
            assertThat(detection.proofs().stream()
                            .filter(proof -> proof.kind() == Candidate.Kind.INDEPENDENT)
                            .limit(planted.coordinates().size())
                            .map(proof -> proof.candidate().coordinate()))
                    .as(precision.label())
                    .containsExactlyInAnyOrderElementsOf(planted.coordinates());
            assertThat(detection.readings()).isEqualTo(planted.coordinates().isEmpty() ? 1 : 2);
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void judgesExactlyThePlantedWeightsToBeSuperWeights(String name) {
        Planted planted = Planted.named(name);
        Detection detection = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        assertThat(Detections.superWeights(detection)).containsExactlyInAnyOrderElementsOf(planted.coordinates());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void reproducesTheLossAfterRemoval(String name) {
        Planted planted = Planted.named(name);
        Detection detection = planted.detect(engine, Precision.FP32, Detections.SETTINGS);
        assertThat(detection.baseline().orElseThrow().meanNll().orElseThrow())
                .isCloseTo(planted.expected().get("mean_cross_entropy").doubleValue(), within(1e-5));
        for (JsonNode weight : planted.expected().get("planted")) {
            Proof proof = detection.proofs().stream()
                    .filter(found -> found.candidate().coordinate().equals(Planted.coordinate(weight)))
                    .findFirst()
                    .orElseThrow();
            assertThat(predictions(proof.alone()).meanNll())
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
            assertThat(predictions(detection.allRemoved().orElseThrow()).meanNll())
                    .isCloseTo(allZeroed.doubleValue(), within(1e-5));
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
            assertThat(detection.proofs())
                    .as("no super weight where the %s decoy is", kind)
                    .noneMatch(proof -> proof.candidate().layer() == layer
                            && proof.candidate().coordinate().row() == row
                            && Detections.superWeights(detection)
                                    .contains(proof.candidate().coordinate()));
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
