package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Causal self-attention. With fewer key-value heads than heads, each of them serves a group of consecutive heads.
 *
 * @param queryNorm applied to every query head, before positions
 * @param keyNorm applied to every key head, before positions
 * @param scale what q·k is multiplied by
 * @param window how many tokens a token sees, itself included; empty: all before it
 */
public record Attention(
        int heads,
        int keyValueHeads,
        int headSize,
        Projections projections,
        Linear output,
        Optional<Norm> queryNorm,
        Optional<Norm> keyNorm,
        Optional<Rotary> rotary,
        double scale,
        OptionalInt window) {

    /** All linear maps, in the order in which they are applied. */
    public Stream<Linear> linears() {
        return Stream.concat(projections.linears(), Stream.of(output));
    }

    /** Where queries, keys and values come from. */
    public sealed interface Projections {

        /** The linear maps, in the order in which they are applied. */
        Stream<Linear> linears();
    }

    /** Three linear maps. */
    public record Separate(Linear query, Linear key, Linear value) implements Projections {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(query, key, value);
        }
    }

    /** One linear map whose outputs are all queries, then all keys, then all values. */
    public record Fused(Linear queryKeyValue) implements Projections {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(queryKeyValue);
        }
    }
}
