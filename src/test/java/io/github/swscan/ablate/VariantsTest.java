package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.LargestWeights;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VariantsTest {

    private static TorchEngine engine;

    @BeforeAll
    static void startEngine() {
        engine = TorchEngine.start(OptionalInt.empty());
    }

    @AfterAll
    static void stopEngine() {
        engine.close();
    }

    private static RunnableModel model(String name) {
        return ReferenceCheckpoint.named("reference/" + name).model(engine, Precision.FP32);
    }

    private static List<String> names(RunnableModel model, AblationSettings settings, String... weights) {
        return Ablations.variants(model, Ablations.weights(model, weights), settings).stream()
                .map(Variant::name)
                .toList();
    }

    private static AblationSettings all(Double... scales) {
        return new AblationSettings(EnumSet.allOf(Variant.Kind.class), List.of(scales), 2, 0, 0);
    }

    @Test
    void experimentsWithOneWeight() {
        assertThat(names(model("llama"), all(0.0, 0.2, 1.0, 1.5), "0:3:40"))
                .containsExactly(
                        "remove-1", "scale-1-0.2", "scale-1-1.5", "flip-1", "restore", "control-1", "control-2");
    }

    @Test
    void experimentsWithTwoWeightsHaveNeitherPairsNorKeptOnes() {
        assertThat(names(model("llama"), all(2.0), "0:3:40", "1:3:40"))
                .containsExactly(
                        "remove-1",
                        "remove-2",
                        "remove-all",
                        "scale-1-2",
                        "scale-2-2",
                        "scale-all-2",
                        "flip-1",
                        "flip-2",
                        "flip-all",
                        "restore",
                        "control-1",
                        "control-2");
    }

    @Test
    void experimentsWithThreeWeights() {
        assertThat(names(
                        model("llama"),
                        new AblationSettings(
                                EnumSet.of(Variant.Kind.REMOVE, Variant.Kind.KEEP, Variant.Kind.PAIRS),
                                List.of(),
                                0,
                                0,
                                0),
                        "0:3:40",
                        "1:3:40",
                        "2:0:0"))
                .containsExactly(
                        "remove-1",
                        "remove-2",
                        "remove-3",
                        "remove-all",
                        "keep-1",
                        "keep-2",
                        "keep-3",
                        "remove-1+2",
                        "remove-1+3",
                        "remove-2+3");
    }

    @Test
    void scaledWeightsAreNumbersThatTheFileCanHold() {
        RunnableModel model = model("llama-bf16");
        List<StoredWeight> weights = Ablations.weights(model, "0:3:40");
        for (Variant variant : Ablations.variants(model, weights, all(0.2, 0.3, 0.7))) {
            for (WeightChange change : variant.changes()) {
                assertThat(Float.floatToRawIntBits(change.to()) & 0xFFFF)
                        .as(variant.name())
                        .isZero();
            }
        }
    }

    @Test
    void aWeightThatTheTypeCannotHoldIsRefused() {
        RunnableModel model = model("llama-fp16");
        List<StoredWeight> weights = Ablations.weights(model, "0:3:40");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ablations.variants(model, weights, all(1e7)))
                .withMessageContaining("more than F16 holds");
    }

    /** Also in a matrix that is stored the other way round, and in those of several experts in one tensor. */
    @ParameterizedTest
    @CsvSource({
        "gpt2, 1:2:40 transformer.h.0.attn.c_attn.weight:70:3",
        "gpt_oss, 1:3:31:2 model.layers.0.mlp.experts.gate_up_proj:1:40:3",
        "granitemoe, 1:3:31:2 model.layers.0.block_sparse_moe.input_linear.weight:1:40:3"
    })
    void everyChangeTellsWhereItLiesInTheFile(String name, String weights) {
        RunnableModel model = model(name);
        AblationSettings settings = new AblationSettings(Set.of(Variant.Kind.values()), List.of(2.0), 3, 50, 0);

        for (Variant variant : Ablations.variants(model, Ablations.weights(model, weights.split(" ")), settings)) {
            for (WeightChange change : variant.changes()) {
                TensorInfo tensor =
                        model.checkpoint().find(change.coordinate().tensor()).orElseThrow();
                assertThat(model.checkpoint().floats(tensor, change.element(), 1, 1))
                        .containsExactly(change.from());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gpt2", "granitemoe", "mixtral", "deepseek_v3"})
    void largestOthersAreThoseThatSortingAllWeightsGives(String name) {
        RunnableModel model = model(name);
        List<Weight> all = sorted(model);
        Set<Coordinate> without = Set.of(all.get(0).coordinate(), all.get(7).coordinate());

        List<WeightChange> found =
                new LargestWeights(model.checkpoint(), 50).find(model.architecture(), without, bytes -> {});

        // Equal magnitudes may come in any order.
        assertThat(found.stream().map(change -> Math.abs(change.from())))
                .containsExactlyElementsOf(all.stream()
                        .filter(weight -> !without.contains(weight.coordinate()))
                        .limit(50)
                        .map(Weight::magnitude)
                        .toList());
        assertThat(found.stream().map(change -> new Weight(change.coordinate(), Math.abs(change.from()))))
                .doesNotHaveDuplicates()
                .isSubsetOf(all);
        assertThat(found).allMatch(change -> change.to() == 0);
    }

    private record Weight(Coordinate coordinate, float magnitude) {}

    private static List<Weight> sorted(RunnableModel model) {
        List<Weight> all = new ArrayList<>();
        for (Linear linear : model.architecture().blocks().stream()
                .flatMap(block -> block.linears())
                .toList()) {
            TensorInfo tensor = model.checkpoint().find(linear.weight()).orElseThrow();
            float[] values = model.checkpoint().floats(tensor, 0, (int) tensor.elements(), 1);
            for (int row = 0; row < linear.outputs(); row++) {
                for (int column = 0; column < linear.inputs(); column++) {
                    float value = values[(int) linear.elementIndex(row, column)];
                    all.add(new Weight(new Coordinate(linear, row, column), Math.abs(value)));
                }
            }
        }
        all.sort(Comparator.comparingDouble(Weight::magnitude).reversed());
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "1:2:3, model.layers.1.mlp.down_proj.weight",
        "model.layers.2.mlp.up_proj.weight:2:3, model.layers.2.mlp.up_proj.weight",
        "model.layers.0.self_attn.q_proj.weight:31:31, model.layers.0.self_attn.q_proj.weight"
    })
    void weightsAreFoundByLayerOrTensor(String name, String tensor) {
        StoredWeight weight = Ablations.weights(model("llama"), name).get(0);

        assertThat(weight.coordinate().tensor()).isEqualTo(tensor);
        assertThat(tensor).contains("layers." + weight.layer() + ".");
    }

    @ParameterizedTest
    @CsvSource({
        "granitemoe, 1:2:3:4, model.layers.1.block_sparse_moe.output_linear.weight, 2",
        "mixtral, 1:2:3:4, model.layers.1.block_sparse_moe.experts.2.w2.weight, 2",
        "mixtral, model.layers.1.block_sparse_moe.experts.3.w1.weight:3:4, model.layers.1.block_sparse_moe.experts.3.w1.weight, 3"
    })
    void expertsAreNamedWhereTheTensorDoesNotTell(String model, String name, String tensor, int expert) {
        StoredWeight weight = Ablations.weights(model(model), name).get(0);

        assertThat(weight.coordinate().tensor()).isEqualTo(tensor);
        assertThat(weight.expert()).hasValue(expert);
    }

    @ParameterizedTest
    @CsvSource({
        "llama, 3:0:0, there is no weight 3:0:0: the model has layers 0 to 2",
        "llama, 0:32:0, there is no weight 0:32:0: model.layers.0.mlp.down_proj.weight has rows 0 to 31 and columns 0 to 47",
        "llama, 0:0:48, there is no weight 0:0:48: model.layers.0.mlp.down_proj.weight has rows 0 to 31 and columns 0 to 47",
        "llama, lm_head.weight:0:0, there is no weight lm_head.weight:0:0: no linear map of a layer has this name; 'swscan inspect' lists down projections",
        "llama, 0:0:1:1, there is no weight 0:0:1:1: layer 0 has no experts",
        "gpt2, transformer.h.1.mlp.c_proj.weight:40:31, there is no weight transformer.h.1.mlp.c_proj.weight:40:31: transformer.h.1.mlp.c_proj.weight has rows 0 to 31 and columns 0 to 63",
        "mixtral, 0:1:1, '0:1:1 may be in any of 4 down projections: put the expert before the row, as in 0:0:1:1'",
        "mixtral, 0:4:1:1, there is no weight 0:4:1:1: layer 0 has experts 0 to 3",
        "mixtral, 3:0:1:1, there is no weight 3:0:1:1: the model has layers 0 to 2",
        "mixtral, model.layers.1.block_sparse_moe.experts.3.w1.weight:2:3:4, there is no weight model.layers.1.block_sparse_moe.experts.3.w1.weight:2:3:4: model.layers.1.block_sparse_moe.experts.3.w1.weight is of expert 3",
        "qwen2_moe, 1:2:3, '1:2:3 may be in any of 5 down projections: put the expert before the row, as in 1:0:2:3, or name the tensor of a shared expert'"
    })
    void weightsThatAreNotThereAreNamed(String model, String name, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ablations.weights(model(model), name))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1", "1:2", "1:2:3:4:5", ":1:2", "1:-2:3", "1:x:3", "1:2:", "1:2:9999999999", "1:1.5:2"})
    void otherNotationsAreRefused(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> WeightName.parse(name));
    }
}
