package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A feed-forward network: y = down(norm(x)) with x = activation(up(h)), or x = activation(gate(h)) · (up(h) + upOffset).
 *
 * @param expert which expert of a mixture it is, or which of the shared experts that one tensor holds together; empty for
 *     the only MLP of a block and for other shared experts
 * @param sparsity share p of the gate's channels that are off: of each token those below mean + deviation · Φ⁻¹(p), and that
 *     is taken from the others
 * @param gateScale what gate outputs are multiplied by
 * @param limit gate outputs are limited to this from above, up outputs to this magnitude
 * @param upOffset 0 except where a gate is there
 * @param norm applied to the input of the down projection
 */
public record Mlp(
        OptionalInt expert,
        Inputs inputs,
        Activation activation,
        OptionalDouble sparsity,
        double gateScale,
        OptionalDouble limit,
        double upOffset,
        Optional<Norm> norm,
        Linear down)
        implements FeedForward {

    /** The same with other linear maps, but for what adapters add. */
    public Mlp withLinears(UnaryOperator<Linear> other) {
        return new Mlp(
                expert,
                inputs.withLinears(other),
                activation,
                sparsity,
                gateScale,
                limit,
                upOffset,
                norm,
                other.apply(down));
    }

    @Override
    public Stream<Mlp> mlps() {
        return Stream.of(this);
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.concat(inputs.linears(), Stream.of(down));
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        norm.stream().flatMap(Norm::parameters),
                        activation.parameters())
                .flatMap(parameters -> parameters);
    }

    /** The linear maps that the input goes through. */
    public sealed interface Inputs {

        Stream<Linear> linears();

        Inputs withLinears(UnaryOperator<Linear> other);
    }

    /** No gate. */
    public record Plain(Linear up) implements Inputs {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(up);
        }

        @Override
        public Inputs withLinears(UnaryOperator<Linear> other) {
            return new Plain(other.apply(up));
        }
    }

    /** Gate and up as two linear maps. */
    public record Gated(Linear gate, Linear up) implements Inputs {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(gate, up);
        }

        @Override
        public Inputs withLinears(UnaryOperator<Linear> other) {
            return new Gated(other.apply(gate), other.apply(up));
        }
    }

    /**
     * Gate and up as one linear map.
     *
     * @param adapter what is added to its outputs
     * @param order in which their channels lie
     */
    public record FusedGate(Linear gateUp, Optional<Bottleneck> adapter, Order order) implements Inputs {

        /** All channels of one and then all of the other, or one of the gate and one of the other by turns. */
        public enum Order {
            GATE_FIRST,
            UP_FIRST,
            ALTERNATING
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.concat(Stream.of(gateUp), adapter.stream().flatMap(Bottleneck::linears));
        }

        @Override
        public Inputs withLinears(UnaryOperator<Linear> other) {
            return new FusedGate(other.apply(gateUp), adapter, order);
        }
    }
}
