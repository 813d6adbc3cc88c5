package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.weight.Coordinate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a detection found, before it is judged.
 *
 * @param baselineNll the unedited model's mean negative log-likelihood, nats per token; NaN after a breakdown
 * @param predictions how many tokens that is the mean of
 * @param layers those before a breakdown
 * @param proofs one for each candidate, in the order found
 * @param groups the effects of removing each group, in the order of the groups
 * @param allRemoved the effect of removing all independent candidates
 * @param controlWeights what the control removed
 * @param control its effect
 * @param readings how often the checkpoint was read
 * @param breakdown where the unedited model computes no finite numbers, so that nothing can be proven
 */
public record Detection(
        double baselineNll,
        int predictions,
        List<LayerPeaks> layers,
        List<Proof> proofs,
        List<DiffuseSpike> diffuse,
        List<GroupEffect> groups,
        Optional<Effect> allRemoved,
        Set<Coordinate> controlWeights,
        Optional<Effect> control,
        int readings,
        Optional<Breakdown> breakdown) {

    /** What is left of a detection that ended with a breakdown: the layers before it. */
    static Detection ended(List<LayerPeaks> layers, Breakdown breakdown) {
        return new Detection(
                Double.NaN,
                0,
                layers,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                1,
                Optional.of(breakdown));
    }

    public record GroupEffect(Set<Coordinate> members, Effect effect) {}
}
