package io.github.swscan.detect;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a detection found, before it is judged.
 *
 * @param baselineNll the unedited model's mean negative log-likelihood, nats per token
 * @param predictions how many tokens that is the mean of
 * @param proofs one for each candidate, in the order found
 * @param groups the effects of removing each group, in the order of the groups
 * @param allRemoved the effect of removing all independent candidates
 * @param controlWeights what the control removed
 * @param control its effect
 * @param readings how often the checkpoint was read
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
        int readings) {

    public record GroupEffect(Set<Coordinate> members, Effect effect) {}
}
