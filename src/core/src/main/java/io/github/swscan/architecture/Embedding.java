package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * How token ids enter the residual stream: norm(scale · tokens[id] + types + positions), with a projection where {@code
 * projected} says.
 *
 * @param tokens the tensor with one row per vocabulary entry [vocabulary, size]
 * @param size the length of its rows
 * @param projection to the width of the residual stream, where that differs
 * @param types tables for kinds of tokens, of each of which the first row is added: a text of its own has only that kind
 * @param layerInputs what each block reads of a token beside the stream
 * @param placeholders the tokens that images and sounds stand in for, which read another's row
 * @param limit how many tokens a sequence may have, where longer ones are computed otherwise than is described
 */
public record Embedding(
        String tokens,
        int vocabularySize,
        int size,
        double scale,
        Optional<Linear> projection,
        Projected projected,
        List<Types> types,
        Optional<Positions> positions,
        Optional<Norm> norm,
        Optional<LayerInputs> layerInputs,
        Optional<Placeholders> placeholders,
        OptionalInt limit) {

    public Embedding {
        types = List.copyOf(types);
    }

    /**
     * Tokens that read the row of another one, in text alone.
     *
     * @param row of which token
     */
    public record Placeholders(List<Integer> tokens, int row) {
        public Placeholders {
            tokens = List.copyOf(tokens);
        }
    }

    /** The row that a token reads: its own, unless it is a placeholder. */
    public int row(int token) {
        return placeholders
                .filter(given -> given.tokens().contains(token))
                .map(Placeholders::row)
                .orElse(token);
    }

    /** What the projection is applied to. */
    public enum Projected {
        /** Rows of the table of tokens: what is added to them has the width of the residual stream. */
        TOKENS,
        /** The sum, before the norm. */
        SUM,
        /** The normed sum. */
        NORMED_SUM
    }

    /**
     * A table for kinds of tokens.
     *
     * @param tensor one row per kind [rows, size of the sum]
     */
    public record Types(String tensor, int rows) {}

    /** What is added to a token's embedding for its position. */
    public sealed interface Positions {}

    /**
     * Rows of a table.
     *
     * @param tensor one row per position [rows, size of the sum]
     * @param offset the row of the first position
     * @param padding a token that has no position and the row before the first instead, if there is one
     */
    public record Learned(String tensor, int rows, int offset, OptionalInt padding) implements Positions {}

    /** The width of what is summed up, of the table of tokens or of the residual stream. */
    public int sumSize(int hiddenSize) {
        return projected == Projected.TOKENS ? hiddenSize : size;
    }

    /**
     * Sines of one half of the channels, cosines of the other, at frequencies that fall from 1 to 1/10000 (Vaswani et al.,
     * arXiv 1706.03762, section 3.5, but for the order of the channels).
     *
     * @param offset the position that the first token counts as
     * @param lastIncluded whether the lowest frequency is 1/10000 itself; else the series ends one step before it
     * @param zero the position for which nothing is added, counted as {@code offset} counts
     */
    public record Sinusoidal(int offset, boolean lastIncluded, OptionalInt zero) implements Positions {}

    /** How many tokens a sequence may have at most: as many as there are learned positions, or as the limit says. */
    public Optional<Integer> longestSequence() {
        return learnedPositions()
                .map(learned -> learned.rows() - learned.offset())
                .or(() -> limit.isPresent() ? Optional.of(limit.getAsInt()) : Optional.empty());
    }

    /** The table of positions, where they are learned. */
    public Optional<Learned> learnedPositions() {
        return positions.filter(Learned.class::isInstance).map(Learned.class::cast);
    }

    Stream<Parameter> parameters(int hiddenSize) {
        return Stream.of(
                        Stream.of(Parameter.of(tokens, vocabularySize, size)),
                        types.stream().map(kinds -> Parameter.of(kinds.tensor(), kinds.rows(), sumSize(hiddenSize))),
                        learnedPositions().stream()
                                .map(learned -> Parameter.of(learned.tensor(), learned.rows(), sumSize(hiddenSize))),
                        projection.stream().flatMap(Linear::parameters),
                        norm.stream().flatMap(Norm::parameters),
                        layerInputs.stream().flatMap(LayerInputs::parameters))
                .flatMap(parameters -> parameters);
    }
}
