package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.weight.StoredWeight;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses after removal as transformers computed them. */
class PlantedAblationTest {

    @LentEngine
    private static TorchEngine engine;

    static List<String> checkpoints() {
        return ReferenceCheckpoint.names("planted").stream()
                .filter(name -> !ReferenceCheckpoint.named(name)
                        .expected()
                        .get("planted")
                        .isEmpty())
                .toList();
    }

    private static String name(JsonNode weight) {
        String expert =
                weight.get("expert").isNull() ? "" : weight.get("expert").intValue() + ":";
        return weight.get("weight_key").textValue() + ":" + expert
                + weight.get("row").intValue() + ":"
                + weight.get("col").intValue();
    }

    private static List<StoredWeight> planted(ReferenceCheckpoint reference, RunnableModel model) {
        List<String> names = new ArrayList<>();
        reference.expected().get("planted").forEach(weight -> names.add(name(weight)));
        return Ablations.weights(model, names.toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void lossesAfterRemovingEachAndAllAreThoseOfTheReference(String checkpoint) {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named(checkpoint);
        RunnableModel model = reference.model(engine, Precision.FP32);
        List<StoredWeight> weights = planted(reference, model);
        Map<String, Outcome> outcomes = Ablations.run(
                model,
                Ablations.tokens(reference),
                Ablations.variants(model, weights, Ablations.settings(Variant.Kind.REMOVE)));

        JsonNode expected = reference.expected();
        assertThat(outcomes.get("original").meanNll())
                .isCloseTo(expected.get("mean_cross_entropy").doubleValue(), within(1e-5));
        for (int i = 0; i < weights.size(); i++) {
            assertThat(outcomes.get("remove-" + (i + 1)).meanNll())
                    .isCloseTo(
                            expected.get("planted")
                                    .get(i)
                                    .get("ce_after_zeroing")
                                    .doubleValue(),
                            within(1e-5));
        }
        if (weights.size() > 1) {
            assertThat(outcomes.get("remove-all").meanNll())
                    .isCloseTo(
                            expected.get("mean_cross_entropy_all_planted_zeroed")
                                    .doubleValue(),
                            within(1e-5));
        }
    }

    /**
     * Three weights that the same input channel feeds: two of them hide what the third does. The losses of the pairs are
     * those of transformers 5.18 (float32, eager attention), with the two scalars set to zero.
     */
    @Test
    void weightsThatStandInForOneAnotherAreSeenTogether() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("planted/three-rows-one-col-phi3");
        RunnableModel model = reference.model(engine, Precision.FP32);
        List<StoredWeight> weights = planted(reference, model);
        List<Variant> variants = Ablations.variants(
                model, weights, Ablations.settings(Variant.Kind.REMOVE, Variant.Kind.KEEP, Variant.Kind.PAIRS));
        Map<String, Outcome> outcomes = Ablations.run(model, Ablations.tokens(reference), variants);

        Map<String, Double> losses = Map.of(
                "remove-1+2", 3.3352704454904254,
                "remove-1+3", 3.3114225977305884,
                "remove-2+3", 3.2245359252250783);
        losses.forEach((pair, loss) ->
                assertThat(outcomes.get(pair).meanNll()).as(pair).isCloseTo(loss, within(1e-5)));
        // All but one of three are the other two.
        Map.of("keep-1", "remove-2+3", "keep-2", "remove-1+3", "keep-3", "remove-1+2")
                .forEach((kept, pair) ->
                        assertThat(outcomes.get(kept).meanNll()).as(kept).isCloseTo(losses.get(pair), within(1e-5)));

        assertThat(outcomes.get("remove-all").meanNllRise().value()).isGreaterThan(0.7);
        assertThat(Stream.of("remove-1", "remove-2", "remove-3")
                        .mapToDouble(name -> outcomes.get(name).meanNllRise().value())
                        .sum())
                .isLessThan(0.1);
    }

    @Test
    void puttingBackTheActivationOfAnExpertUndoesItsRemoval() {
        ReferenceCheckpoint reference = ReferenceCheckpoint.named("planted/moe-mixtral");
        RunnableModel model = reference.model(engine, Precision.FP32);
        Map<String, Outcome> outcomes = Ablations.run(
                model,
                Ablations.tokens(reference),
                Ablations.variants(
                        model,
                        planted(reference, model),
                        Ablations.settings(Variant.Kind.REMOVE, Variant.Kind.RESTORE)));

        double damage = outcomes.get("remove-1").meanNllRise().value();
        assertThat(damage).isGreaterThan(0.1);
        assertThat(outcomes.get("restore").meanNllRise().value()).isCloseTo(0, within(0.05 * damage));
    }
}
