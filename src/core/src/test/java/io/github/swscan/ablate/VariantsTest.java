package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightLine;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariantsTest {

    @LentEngine
    private static TorchEngine engine;

    private static RunnableModel model(String name) {
        return ReferenceCheckpoint.named("reference/" + name).model(engine, Precision.FP32);
    }

    private static List<String> names(RunnableModel model, AblationSettings settings, String... weights) {
        return Ablations.variants(model, Ablations.weights(model, weights), settings).stream()
                .map(Variant::name)
                .toList();
    }

    private static AblationSettings all(Double... scales) {
        return new AblationSettings(EnumSet.allOf(Variant.Kind.class), true, List.of(scales), 2, 0, 0);
    }

    /** So that it is known how much will be read before it is known of what. */
    @ParameterizedTest
    @CsvSource({
        "0:3:40, 10",
        "0:3:40 1:3:40, 22",
        "0:3:40 1:3:40 0:4:41, 35",
        "0:3:40 1:3:40 0:4:41 1:5:7 1:6:8, 58",
    })
    void howManyTheyAreAtMostIsKnownBefore(String weights, int count) {
        RunnableModel model = model("llama");
        List<StoredWeight> targets = Ablations.weights(model, weights.split(" "));
        AblationSettings full = all(0.2, 1.5, 1.5);

        for (Variant.Kind kind : Variant.Kind.values()) {
            for (AblationSettings settings : List.of(
                    new AblationSettings(Set.of(kind), true, full.scales(), 2, 9, 0),
                    new AblationSettings(Set.of(kind), false, full.scales(), 2, 0, 0))) {
                assertThat(settings.mostVariants(targets.size(), 0))
                        .as("%s of %d", kind, targets.size())
                        .isEqualTo(Ablations.variants(model, targets, settings).size());
            }
        }
        assertThat(full.mostVariants(targets.size(), 0)).isEqualTo(count);
        assertThat(full.mostVariants(targets.size(), 3)).isEqualTo(count + 3);
    }

    @Test
    void experimentsWithOneWeight() {
        assertThat(names(model("llama"), all(0.2, 1.5), "0:3:40"))
                .containsExactly(
                        "remove-1",
                        "scale-1-0.2",
                        "scale-1-1.5",
                        "flip-1",
                        "row-1",
                        "column-1",
                        "mean-1",
                        "restore",
                        "control-1",
                        "control-2");
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
                        "row-1",
                        "row-2",
                        "column-1",
                        "column-2",
                        "mean-1",
                        "mean-2",
                        "mean-all",
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
                                true,
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
    void whatIsMadeWhereNobodySaysWhatAnswersTheFirstQuestions() {
        RunnableModel model = model("llama");

        assertThat(names(model, AblationSettings.STANDARD, "0:3:40"))
                .containsExactly("remove-1", "flip-1", "mean-1", "restore", "control-1", "control-2", "control-3");
        assertThat(names(model, AblationSettings.STANDARD, "0:3:40", "1:3:40", "2:0:0", "1:5:6", "2:9:9"))
                .containsExactly(
                        "remove-1",
                        "remove-2",
                        "remove-3",
                        "remove-4",
                        "remove-5",
                        "remove-all",
                        "flip-1",
                        "mean-all",
                        "restore",
                        "control-1",
                        "control-2",
                        "control-3");
    }

    @Test
    void setsAreRemovedTogetherWhetherOrNotTheirMembersAreAmongTheWeights() {
        RunnableModel model = model("llama");
        List<StoredWeight> all = Ablations.weights(model, "0:3:40", "1:3:40", "2:0:0");
        StoredWeight other = Ablations.weights(model, "2:9:9").get(0);
        Targets targets = new Targets(
                List.of(all.get(0), all.get(1)),
                List.of(List.of(all.get(1), all.get(0)), List.of(all.get(0), all.get(2)), List.of(all.get(2), other)));

        List<Variant> sets = Variants.of(
                model.architecture(),
                model.checkpoint(),
                targets,
                new AblationSettings(EnumSet.of(Variant.Kind.SET), false, List.of(), 0, 0, 0),
                bytes -> {});

        assertThat(sets).extracting(Variant::name).containsExactly("set-1", "set-2", "set-3");
        assertThat(sets)
                .extracting(Variant::description)
                .containsExactly("set 1 removed: #1, #2", "set 2 removed: #1 and 1 more", "set 3 removed: 2 weights");
        assertThat(sets).extracting(Variant::weights).containsExactly(List.of(1, 2), List.of(1), List.of());
        assertThat(sets.get(1).changes())
                .containsExactly(WeightChange.removal(all.get(0)), WeightChange.removal(all.get(2)));
    }

    @Test
    void wholeRowsAndColumnsAreRemovedAndNothingElse() {
        RunnableModel model = model("llama");

        List<Variant> variants =
                Ablations.variants(model, Ablations.targets(model, "0:3:*", "1:*:40", "2:0:0"), all(0.5));

        assertThat(variants)
                .extracting(Variant::name)
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
        Variant together = variants.get(3);
        assertThat(together.changes()).hasSize(1);
        assertThat(together.lines()).extracting(WeightLine::isRow).containsExactly(true, false);
        assertThat(together.weights()).containsExactly(1, 2, 3);
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

        assertThatExceptionOfType(ValueTooLargeException.class)
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
        AblationSettings settings = new AblationSettings(Set.of(Variant.Kind.values()), true, List.of(2.0), 3, 50, 0);

        for (Variant variant : Ablations.variants(model, Ablations.weights(model, weights.split(" ")), settings)) {
            for (WeightChange change : variant.changes()) {
                TensorInfo tensor = model.checkpoint()
                        .find(change.edit().coordinate().tensor())
                        .orElseThrow();
                StoredWeight weight = change.weight();
                assertThat(weight.tensor()).isEqualTo(tensor);
                assertThat(model.checkpoint().floats(tensor, weight.element(), 1, 1))
                        .containsExactly(weight.value());
            }
        }
    }
}
