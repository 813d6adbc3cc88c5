package io.github.swscan.architecture;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * A token mixer with a memory S of fixed size in place of all tokens before: one matrix [key size, value size] a head. For
 * token t with query q, key k, value v and decay d:
 *
 * <pre>
 *     S = d · S + k uᵀ      u = v, or w (v - (d · S)ᵀ k) with the delta rule
 *     o = Sᵀ q (+ skip · v)
 * </pre>
 *
 * This is Gated DeltaNet (Yang et al., arXiv 2412.06464), Kimi Delta Attention (arXiv 2510.26692), whose decay differs from
 * channel to channel of the keys, and the selective state space of Mamba 2 (Dao and Gu, arXiv 2405.21060) and Mamba (arXiv
 * 2312.00752), where C is the query, B the key, and the step times x the value. Heads share keys and queries in groups.
 *
 * @param keyHeads how many heads of keys and queries there are
 * @param heads how many heads of values
 * @param projections to all parts, before the convolution
 * @param scales what parts are multiplied by, where that is not 1
 * @param selection what the convolved values give, where keys, queries and steps come from them
 * @param unitKeys whether queries and keys are divided by their lengths
 * @param queryScale what queries are multiplied by
 * @param writeScale what w = sigmoid(write) is multiplied by, where the projections give {@link Part#WRITE}: the delta rule
 * @param timesStep whether values are multiplied by the step that the decay is made of
 * @param skip the tensor of one number a head
 * @param gate of what the heads give
 */
public record LinearRecurrence(
        int keyHeads,
        int heads,
        int keySize,
        int valueSize,
        List<Projection> projections,
        Map<Part, Double> scales,
        Convolution convolution,
        Optional<Selection> selection,
        boolean unitKeys,
        double queryScale,
        Decay decay,
        double writeScale,
        boolean timesStep,
        Optional<String> skip,
        Gate gate,
        Linear output)
        implements TokenMixer {

    /** What the projections give. */
    public enum Part {
        QUERY,
        KEY,
        VALUE,
        /** What the heads' outputs are gated by. */
        GATE,
        /** What the decay is made of: one number a head, or one a channel of its keys. */
        STEP,
        /** How much of a token the delta rule writes: one number a head. */
        WRITE
    }

    public LinearRecurrence {
        projections = List.copyOf(projections);
        scales = Map.copyOf(scales);
    }

    /**
     * One linear map whose outputs are groups one after the other, each with its share of these parts.
     *
     * @param down to a narrower vector first
     */
    public record Projection(Optional<Linear> down, Linear linear, int groups, List<Part> parts) {
        public Projection {
            parts = List.copyOf(parts);
        }
    }

    /**
     * A causal convolution of each channel of some parts by itself, and an activation.
     *
     * @param parts in the order of the kernel's channels
     * @param kernels the tensors of weights [channels, 1, length], one after the other
     * @param bias the tensor of shifts [channels]
     */
    public record Convolution(
            List<Part> parts, List<String> kernels, Optional<String> bias, int length, Activation activation) {
        public Convolution {
            parts = List.copyOf(parts);
            kernels = List.copyOf(kernels);
        }
    }

    /**
     * Mamba's selection: the convolved values give a narrow step, a key and a query, each with a norm; the step is widened
     * to one number a channel.
     */
    public record Selection(
            Linear narrow, Optional<Norm> stepNorm, Optional<Norm> keyNorm, Optional<Norm> queryNorm, Linear step) {}

    /**
     * The decay d = exp(-rate · step) with rate = exp(a) and step = softplus(x + bias) within limits; or d = exp(bound ·
     * sigmoid(rate · (x + bias))) with a bound, which is negative.
     *
     * @param rate the tensor of a: one number a head, or one a channel of its keys
     * @param rateByChannel whether there is one a channel
     * @param rateSpread whether that tensor has its heads among dimensions of length 1 [1, 1, heads, 1]
     * @param bias the tensor of what is added to x: as many numbers as x has
     * @param stepByChannel whether x has one number a channel of the keys
     */
    public record Decay(
            String rate,
            boolean rateByChannel,
            boolean rateSpread,
            Optional<String> bias,
            boolean stepByChannel,
            OptionalDouble bound,
            double smallestStep,
            double largestStep) {

        /** Whether it differs from channel to channel of a head's keys. */
        public boolean byChannel() {
            return rateByChannel || stepByChannel;
        }
    }

    /**
     * norm(o) · activation(gate), or norm(o · activation(gate)).
     *
     * @param first whether the gate comes before the norm
     */
    public record Gate(Activation activation, boolean first, Optional<Norm> norm) {}

    /** How many channels a part has. */
    public int channels(Part part) {
        return switch (part) {
            case QUERY, KEY -> keyHeads * keySize;
            case VALUE, GATE -> heads * valueSize;
            case STEP -> decay.stepByChannel() ? heads * keySize : heads;
            case WRITE -> heads;
        };
    }

    /** How many channels the convolution has. */
    public int convolved() {
        return convolution.parts().stream().mapToInt(this::channels).sum();
    }

    /** Whether it is the delta rule: what the memory gives for a key is taken from the value first. */
    public boolean corrects() {
        return projections.stream().anyMatch(projection -> projection.parts().contains(Part.WRITE));
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.of(
                        projections.stream()
                                .flatMap(projection ->
                                        Stream.concat(projection.down().stream(), Stream.of(projection.linear()))),
                        selection.stream().flatMap(given -> Stream.of(given.narrow(), given.step())),
                        Stream.of(output))
                .flatMap(linears -> linears);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        convolution.kernels().stream().map(this::kernel),
                        convolution.bias().stream().map(name -> Parameter.of(name, convolved())),
                        convolution.activation().parameters(),
                        selection.stream()
                                .flatMap(given -> Stream.of(given.stepNorm(), given.keyNorm(), given.queryNorm()))
                                .flatMap(Optional::stream)
                                .flatMap(Norm::parameters),
                        Stream.of(rate()),
                        decay.bias().stream().map(name -> Parameter.of(name, channels(Part.STEP))),
                        skip.stream().map(name -> Parameter.of(name, heads)),
                        gate.activation().parameters(),
                        gate.norm().stream().flatMap(Norm::parameters))
                .flatMap(parameters -> parameters);
    }

    private Parameter rate() {
        if (decay.rateByChannel()) {
            return Parameter.of(decay.rate(), heads, keySize);
        }
        return decay.rateSpread() ? Parameter.of(decay.rate(), 1, 1, heads, 1) : Parameter.of(decay.rate(), heads);
    }

    /** Several kernels may divide the channels in any way: only together are they as many as the parts have. */
    private Parameter kernel(String name) {
        int channels = convolution.kernels().size() == 1 ? convolved() : Parameter.ANY;
        return Parameter.of(name, channels, 1, convolution.length());
    }
}
