package io.github.swscan.detect;

import io.github.swscan.effect.Effect;
import io.github.swscan.forward.Peak;
import io.github.swscan.weight.Coordinate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a detection found.
 *
 * @param baseline what the unedited model makes of the text; empty after a breakdown
 * @param layers those before a breakdown
 * @param stream the largest entry of the residual stream behind each layer, as far as it is finite
 * @param recurrences those before a breakdown
 * @param superActivations the most massive first
 * @param traces of the most massive of them; none where nothing was measured on all of the text
 * @param proofs one for each candidate that was tested, the highest score first
 * @param sets those of the largest damage first
 * @param removed the effect of each set of weights whose removal was measured on all of the text
 * @param hidden pairs that do less together than one of them alone
 * @param diffuse spikes that many weights make together
 * @param untested how many candidates were not tested
 * @param strongestUntested the first few of them
 * @param leftOut how many experiments there was no room for in the budget
 * @param controlWeights what the control removed
 * @param readings how often the checkpoint was read
 * @param breakdown where the unedited model computes no finite numbers, so that nothing can be proven
 */
public record Detection(
        Optional<Baseline> baseline,
        List<LayerPeaks> layers,
        List<Peak> stream,
        List<RecurrencePeaks> recurrences,
        List<SuperActivation> superActivations,
        List<ChannelTrace> traces,
        List<Proof> proofs,
        List<FoundSet> sets,
        Map<Set<Coordinate>, Effect> removed,
        List<Hiding> hidden,
        List<DiffuseSpike> diffuse,
        int untested,
        List<Candidate> strongestUntested,
        int leftOut,
        Set<Coordinate> controlWeights,
        int readings,
        Optional<Breakdown> breakdown) {

    /** Removing {@code weaker} as well makes what removing {@code stronger} does smaller. */
    public record Hiding(Coordinate stronger, Coordinate weaker) {}

    /** What is left of a detection that ended with a breakdown: the layers before it. */
    static Detection ended(
            List<LayerPeaks> layers, List<Peak> stream, List<RecurrencePeaks> recurrences, Breakdown breakdown) {
        return new Detection(
                Optional.empty(),
                layers,
                stream,
                recurrences,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                0,
                List.of(),
                0,
                Set.of(),
                1,
                Optional.of(breakdown));
    }

    /** The effect of removing the control weights. */
    public Optional<Effect> control() {
        return Optional.ofNullable(removed.get(controlWeights));
    }

    /** The effect of removing all independent candidates that were tested. */
    public Optional<Effect> allRemoved() {
        Set<Coordinate> all = proofs.stream()
                .filter(proof -> proof.kind() == Candidate.Kind.INDEPENDENT)
                .map(proof -> proof.candidate().coordinate())
                .collect(Collectors.toSet());
        return Optional.ofNullable(removed.get(all));
    }
}
