package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * What each block reads of a token beside the residual stream (per-layer embeddings, as in Gemma 3n and Gemma 4): scale ·
 * (norm(projectionScale · projection(e)) + tableScale · table[id]), where e is the token's embedding. It depends on nothing
 * but the token.
 *
 * @param table one row per vocabulary entry [rows, layers · size]
 * @param rows how many it has; tokens beyond have that of token 0
 * @param size how many channels there are for each layer
 * @param projection of the embedding [layers · size]
 * @param norm over the channels of a layer
 */
public record LayerInputs(
        String table,
        int rows,
        int layers,
        int size,
        double tableScale,
        Linear projection,
        double projectionScale,
        Norm norm,
        double scale) {

    Stream<Parameter> parameters() {
        return Stream.of(
                        Stream.of(Parameter.of(table, rows, layers * size)), projection.parameters(), norm.parameters())
                .flatMap(parameters -> parameters);
    }

    /**
     * How a block reads it: h + norm(projection(activation(gate(h)) · input)).
     *
     * @param gate to the channels of a layer
     * @param norm over what is added
     */
    public record Reading(Linear gate, Activation activation, Linear projection, Norm norm) {

        Stream<Linear> linears() {
            return Stream.of(gate, projection);
        }

        Stream<Parameter> parameters() {
            return Stream.of(linears().flatMap(Linear::parameters), activation.parameters(), norm.parameters())
                    .flatMap(parameters -> parameters);
        }
    }
}
