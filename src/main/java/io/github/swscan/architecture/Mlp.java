package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * The feed-forward part of a block: down(activation(gate(x)) * up(x)), or down(activation(up(x))) without a gate.
 */
public record Mlp(Optional<Linear> gate, Linear up, Linear down, Activation activation) {

    /** All linear maps. */
    public Stream<Linear> linears() {
        return Stream.concat(gate.stream(), Stream.of(up, down));
    }
}
