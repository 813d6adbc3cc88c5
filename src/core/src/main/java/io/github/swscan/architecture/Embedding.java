package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * How token ids enter the residual stream: norm(projection(scale · tokens[id]) + positions).
 *
 * @param tokens the tensor with one row per vocabulary entry [vocabulary, size]
 * @param size the length of its rows
 * @param projection to the width of the residual stream, where that differs
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
        Optional<Positions> positions,
        Optional<Norm> norm,
        Optional<LayerInputs> layerInputs,
        Optional<Placeholders> placeholders,
        OptionalInt limit) {

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

    /** What is added to a token's embedding for its position. */
    public sealed interface Positions {}

    /**
     * Rows of a table.
     *
     * @param tensor one row per position [rows, hidden]
     * @param offset the row of the first position
     */
    public record Learned(String tensor, int rows, int offset) implements Positions {}

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
                        projection.stream().flatMap(Linear::parameters),
                        learnedPositions().stream()
                                .map(learned -> Parameter.of(learned.tensor(), learned.rows(), hiddenSize)),
                        norm.stream().flatMap(Norm::parameters),
                        layerInputs.stream().flatMap(LayerInputs::parameters))
                .flatMap(parameters -> parameters);
    }
}
