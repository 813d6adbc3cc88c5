package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A mixture of experts: for every token the sum of the outputs of the experts that the router chooses, each times its
 * routing weight, and of the shared experts.
 *
 * @param outputBias the tensor of a bias that is added to the sum [hidden]
 */
public record Mixture(Router router, List<Mlp> experts, List<Shared> shared, Optional<String> outputBias, int outputs)
        implements FeedForward {

    public Mixture {
        experts = List.copyOf(experts);
        shared = List.copyOf(shared);
    }

    /**
     * An expert that every token goes through.
     *
     * @param gate to one channel; its sigmoid is the routing weight, which is 1 without it
     */
    public record Shared(Mlp mlp, Optional<Linear> gate) {}

    @Override
    public Stream<Mlp> mlps() {
        return Stream.concat(shared.stream().map(Shared::mlp), experts.stream());
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.of(
                        Stream.of(router.linear()),
                        shared.stream().flatMap(expert -> expert.gate().stream()),
                        mlps().flatMap(Mlp::linears))
                .flatMap(linears -> linears);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        router.parameters(),
                        shared.stream()
                                .flatMap(expert -> expert.gate().stream())
                                .flatMap(Linear::parameters),
                        mlps().flatMap(Mlp::parameters),
                        outputBias.stream().map(name -> Parameter.of(name, outputs)))
                .flatMap(parameters -> parameters);
    }
}
