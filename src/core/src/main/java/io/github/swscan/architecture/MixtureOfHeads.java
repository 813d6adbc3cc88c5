package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Mixture of attention heads (Zhang et al., arXiv 2210.05144; JetMoE, arXiv 2404.07413): causal self-attention in which a
 * router chooses for every token the experts that make its queries and take up what they gather. All experts share keys
 * and values.
 *
 * @param heads query heads of an expert; one for each key-value head
 * @param headSize channels of a head
 * @param keyValue to all keys, then all values
 * @param scale what q·k is multiplied by
 * @param outputBias the tensor of a bias that is added to the weighted sum of the experts' outputs [hidden]
 */
public record MixtureOfHeads(
        Router router,
        List<Expert> experts,
        int heads,
        int headSize,
        Linear keyValue,
        Optional<Rotary> rotary,
        double scale,
        Optional<String> outputBias)
        implements TokenMixer {

    public MixtureOfHeads {
        experts = List.copyOf(experts);
    }

    /** The two linear maps of an expert. */
    public record Expert(Linear query, Linear output) {}

    /** All linear maps, in the order in which they are applied. */
    @Override
    public Stream<Linear> linears() {
        return Stream.of(
                        Stream.of(router.linear()),
                        experts.stream().map(Expert::query),
                        Stream.of(keyValue),
                        experts.stream().map(Expert::output))
                .flatMap(linears -> linears);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        keyValue.parameters(),
                        router.parameters(),
                        experts.stream()
                                .flatMap(expert -> Stream.of(expert.query(), expert.output()))
                                .flatMap(Linear::parameters),
                        outputBias.stream().map(name -> Parameter.of(name, keyValue.inputs())))
                .flatMap(parameters -> parameters);
    }
}
