package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A mixture of experts: for every token the sum of the outputs of the experts that the router chooses, each times its
 * routing weight, and of the shared experts.
 *
 * @param identities how many experts there are behind the others that give back what they read (LongCat-Flash, arXiv
 *     2509.01322, section 2.1)
 * @param passage how what is read comes to the experts that the router chooses, and their sum from them
 * @param outputBias the tensor of a bias that is added to the sum [hidden]
 */
public record Mixture(
        Router router,
        List<Mlp> experts,
        int identities,
        Passage passage,
        List<Shared> shared,
        Optional<String> outputBias,
        int outputs)
        implements FeedForward {

    /** The number of the first expert within the names of its tensors. */
    private static final String FIRST = ".0.";

    public Mixture {
        experts = List.copyOf(experts);
        shared = List.copyOf(shared);
    }

    /**
     * The way to the experts that the router chooses, and from them: outputNorm(widen(Σ weight · expert(narrow(x)))).
     *
     * @param norm of the residual stream, which gives x; empty: x is what the shared experts read, or
     * @param ofBlockBefore what the feed-forward part of the block before has read
     * @param latent the maps between which experts work on a narrower vector
     */
    public record Passage(
            Optional<Norm> norm, boolean ofBlockBefore, Optional<Bottleneck> latent, Optional<Norm> outputNorm) {

        /** Whether x is what the shared experts read, and the sum is added as it is. */
        public boolean isPlain() {
            return norm.isEmpty() && !ofBlockBefore && latent.isEmpty() && outputNorm.isEmpty();
        }

        Stream<Linear> linears() {
            return latent.stream().flatMap(Bottleneck::linears);
        }
    }

    /**
     * An expert that every token goes through.
     *
     * @param gate to one channel; its sigmoid is the routing weight, which is 1 without it
     * @param outputNorm applied to what it gives
     */
    public record Shared(Mlp mlp, Optional<Linear> gate, Optional<Norm> outputNorm) {}

    /** The same with other experts for the router to choose from. */
    public Mixture withExperts(List<Mlp> others) {
        return new Mixture(router, others, identities, passage, shared, outputBias, outputs);
    }

    /**
     * What the matrices of the experts would be called that give back what they read, had they any: files may hold them all
     * the same. Nothing where several matrices are in one tensor.
     */
    public Stream<String> namesOfIdentities() {
        return experts.stream()
                .limit(1)
                .flatMap(Mlp::linears)
                .map(Linear::weight)
                .filter(name -> name.contains(FIRST))
                .flatMap(name -> IntStream.range(experts.size(), experts.size() + identities)
                        .mapToObj(number -> numbered(name, number)));
    }

    /** The name of a tensor of the first expert, for another one: its number is the last in the name. */
    private static String numbered(String ofFirst, int number) {
        int place = ofFirst.lastIndexOf(FIRST);
        return ofFirst.substring(0, place) + "." + number + ofFirst.substring(place + FIRST.length() - 1);
    }

    /** Whether all outputs are only weighed and added. */
    public boolean isPlainSum() {
        return passage.isPlain()
                && shared.stream().allMatch(expert -> expert.outputNorm().isEmpty());
    }

    @Override
    public Stream<Mlp> mlps() {
        return Stream.concat(shared.stream().map(Shared::mlp), experts.stream());
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.of(
                        Stream.of(router.linear()),
                        shared.stream().flatMap(expert -> expert.gate().stream()),
                        passage.linears(),
                        mlps().flatMap(Mlp::linears))
                .flatMap(linears -> linears);
    }

    /** The linear maps that are read whatever the tokens are, in the order in which they are applied. */
    Stream<Linear> surelyRead() {
        return Stream.concat(shared.stream().map(Shared::mlp).flatMap(Mlp::linears), passage.linears());
    }

    @Override
    public Stream<Parameter> parameters() {
        Stream<Norm> norms = Stream.of(
                        passage.norm().stream(),
                        passage.outputNorm().stream(),
                        shared.stream().flatMap(expert -> expert.outputNorm().stream()))
                .flatMap(given -> given);
        return Stream.of(
                        router.parameters(),
                        shared.stream()
                                .flatMap(expert -> expert.gate().stream())
                                .flatMap(Linear::parameters),
                        passage.linears().flatMap(Linear::parameters),
                        norms.flatMap(Norm::parameters),
                        mlps().flatMap(Mlp::parameters),
                        outputBias.stream().map(name -> Parameter.of(name, outputs)))
                .flatMap(parameters -> parameters);
    }
}
