package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Self-attention. With fewer key-value heads than heads, each of them serves a group of consecutive heads.
 *
 * @param headSize channels of a query or key head
 * @param valueSize channels of a value head
 * @param clip queries, keys and values are limited to this magnitude
 * @param keyConvolution applied to keys before all else
 * @param valueConvolution applied to values before all else
 * @param queryNorm applied to queries, before or after positions as {@code normsRotated} says
 * @param keyNorm applied to keys likewise
 * @param valueNorm applied to values
 * @param valueScale what values are multiplied by
 * @param normsRotated whether these norms come after the rotary positions
 * @param keyScores what values add to the scores of their tokens
 * @param sparse which of the tokens before a token sees; empty: all that the scores say
 * @param compressed what a token sees of the text beyond its window
 * @param difference how the heads' outputs are joined in pairs; empty: they lie one after the other
 * @param outputNorm applied to what the heads give, before the output projection
 * @param gate what the heads' outputs are multiplied by, before the output projection
 * @param groups the maps that groups of consecutive heads go through first, one each, where there are any: the output
 *     projection then reads what they give, one beside the other
 */
public record Attention(
        int heads,
        int keyValueHeads,
        int headSize,
        int valueSize,
        Projections projections,
        OptionalDouble clip,
        Optional<ChannelConvolution> keyConvolution,
        Optional<ChannelConvolution> valueConvolution,
        Optional<Norm> queryNorm,
        Optional<Norm> keyNorm,
        Optional<Norm> valueNorm,
        double valueScale,
        boolean normsRotated,
        Optional<Rotary> rotary,
        Scores scores,
        Optional<KeyScores> keyScores,
        Optional<Sparse> sparse,
        Optional<Compressed> compressed,
        Optional<Difference> difference,
        Optional<Norm> outputNorm,
        Optional<Gate> gate,
        List<Linear> groups,
        Linear output)
        implements TokenMixer {

    public Attention {
        groups = List.copyOf(groups);
    }

    /**
     * How strongly a token attends to another: softmax over the tokens seen of softCap(scale q·k) + alibi +
     * relative.
     *
     * @param visibility on which sides a token sees others
     * @param scale what q·k is multiplied by
     * @param window how many tokens a token sees, itself included, on such a side; empty: all
     * @param chunked whether the text is cut into pieces of the window's length instead, and a token sees what stands before
     *     it in its piece
     * @param softCap c of c · tanh(score / c) (Gemma 2, arXiv 2408.00118, section 2)
     * @param sinks the tensor of one score a head that takes part in the softmax and contributes no value
     * @param temperature what a token's scores are multiplied by for its position
     */
    public record Scores(
            Visibility visibility,
            double scale,
            OptionalInt window,
            boolean chunked,
            OptionalDouble softCap,
            Optional<Alibi> alibi,
            Optional<RelativePositions> relative,
            Optional<String> sinks,
            Optional<Temperature> temperature) {}

    /**
     * Sharper scores far behind the beginning of a text (Nakanishi, arXiv 2501.19399, section 3): at position p, counted from
     * 0, 1 + strength ln(1 + ⌊(p + offset) / length⌋), in steps as in Llama 4, or 1 + strength ln(max(1, (p + offset) /
     * length)).
     *
     * @param inSteps whether it is the first of these
     */
    public record Temperature(double strength, double length, int offset, boolean inSteps) {

        /** The factor of the scores of a token, and of what they get added for distances. */
        public double at(int position) {
            double lengths = (position + offset) / length;
            return 1 + strength * (inSteps ? Math.log1p(Math.floor(lengths)) : Math.log(Math.max(1, lengths)));
        }
    }

    /**
     * Gated attention (Qiu et al., arXiv 2505.06708): the heads' outputs times an activation of a linear map of the input.
     *
     * @param linear to one number a head or one a channel of all heads' outputs; empty: the query projection gives the gate
     *     of each head behind its query
     */
    public record Gate(Optional<Linear> linear, Activation activation) {}

    /** Which tokens a token sees, of those that it could see (DeepSeek Sparse Attention, arXiv 2512.02556, section 2.1). */
    public sealed interface Sparse {}

    /** Those that the last layer before has chosen. */
    public record SameTokens() implements Sparse {}

    /**
     * The tokens whose keys have the {@code count} highest scores Σ_h w[h] max(0, q[h]·k / √size) / √heads, with q from the
     * narrow vector that queries are made of, where there is one, and k and w from the input. Without {@code weights} w is √heads.
     * Where a key stands for several tokens, a token sees those behind the last whole group as well.
     *
     * @param heads how many heads of queries there are; they share the keys
     * @param query to all heads; and then to the key, where {@code keys} has no map for it
     * @param endedOnly whether keys are compared only once their group has ended; else those to come are as well, as the
     *     lowest. Which of equal ones are chosen depends on it
     */
    public record Indexer(
            int heads,
            int size,
            int count,
            Linear query,
            Optional<Norm> queryNorm,
            Compressor keys,
            Optional<Linear> weights,
            boolean endedOnly)
            implements Sparse {

        Stream<Linear> linears() {
            return Stream.of(Stream.of(query), keys.linears(), weights.stream()).flatMap(linears -> linears);
        }

        Stream<Parameter> otherParameters() {
            return Stream.concat(queryNorm.stream().flatMap(Norm::parameters), keys.otherParameters());
        }
    }

    /**
     * Compressed attention (DeepSeek-V4): behind its window a token sees keys, which are values too, that stand for whole groups
     * of tokens, its own group included where it ends it.
     *
     * @param indexer chooses the groups; empty: a token sees all
     */
    public record Compressed(Compressor keys, Optional<Indexer> indexer) {

        Stream<Linear> linears() {
            return Stream.concat(keys.linears(), indexer.stream().flatMap(Indexer::linears));
        }

        Stream<Parameter> otherParameters() {
            return Stream.concat(keys.otherParameters(), indexer.stream().flatMap(Indexer::otherParameters));
        }
    }

    /**
     * Dynamic mask attention (Shi et al., arXiv 2508.02124): to all scores of a token in a key-value head it adds exp(rate[head] ·
     * softplus(step(v)[head])), with v the values of all heads together, and a token sees those with the largest only.
     *
     * @param step to one number a key-value head
     * @param rate the tensor of one number a key-value head
     * @param kept how many of those that it could see a token sees
     */
    public record KeyScores(Linear step, String rate, int kept) {}

    /** Which tokens of a sequence a token sees, besides itself. */
    public enum Visibility {
        /** Those before it. */
        BEFORE,
        /** Those before it and behind it. */
        ALL
    }

    /** What chooses the tokens, where this layer has it. */
    public Optional<Indexer> indexer() {
        return sparse.filter(Indexer.class::isInstance).map(Indexer.class::cast);
    }

    /** All that makes keys for groups of tokens. */
    public Stream<Compressor> compressors() {
        return Stream.concat(
                compressed.stream().map(Compressed::keys),
                Stream.concat(indexer().stream(), compressed.stream().flatMap(given -> given.indexer().stream()))
                        .map(Indexer::keys));
    }

    /**
     * Differential attention (Ye et al., arXiv 2410.05258): head i of the first half and the same of the second attend to
     * the values of both, one beside the other. Of the pair (1 - initial) norm(first - λ second) remains, where λ =
     * exp(q1·k1) - exp(q2·k2) + initial.
     *
     * @param factors the tensors of q1, k1, q2 and k2 [head size]
     * @param norm over the values of a pair
     */
    public record Difference(List<String> factors, double initial, Norm norm) {

        public Difference {
            factors = List.copyOf(factors);
        }

        /** The initial λ of a layer, counted from 0. */
        public static double initial(int layer) {
            return 0.8 - 0.6 * Math.exp(-0.3 * layer);
        }
    }

    /** All linear maps, in the order in which they are applied. */
    @Override
    public Stream<Linear> linears() {
        return Stream.of(
                        projections.linears(),
                        keyScores.stream().map(KeyScores::step),
                        indexer().stream().flatMap(Indexer::linears),
                        compressed.stream().flatMap(Compressed::linears),
                        gate.stream().flatMap(given -> given.linear().stream()),
                        scores.relative().stream().flatMap(RelativePositions::linears),
                        groups.stream(),
                        Stream.of(output))
                .flatMap(linears -> linears);
    }

    @Override
    public Stream<Parameter> parameters() {
        Stream<ChannelConvolution> convolutions =
                Stream.of(keyConvolution, valueConvolution).flatMap(Optional::stream);
        Stream<Norm> norms =
                Stream.of(queryNorm, keyNorm, valueNorm, outputNorm).flatMap(Optional::stream);
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        projections.norms().flatMap(Norm::parameters),
                        convolutions.flatMap(ChannelConvolution::parameters),
                        norms.flatMap(Norm::parameters),
                        indexer().stream().flatMap(Indexer::otherParameters),
                        compressed.stream().flatMap(Compressed::otherParameters),
                        difference.stream()
                                .flatMap(pairs -> pairs.factors().stream())
                                .map(name -> Parameter.of(name, headSize)),
                        difference.stream().flatMap(pairs -> pairs.norm().parameters()),
                        scores.relative().stream().flatMap(relative -> relative.parameters(heads, output.outputs())),
                        keyScores.stream().map(given -> Parameter.of(given.rate(), keyValueHeads)),
                        scores.sinks().stream().map(name -> Parameter.of(name, heads)))
                .flatMap(parameters -> parameters);
    }

    /** Where queries, keys and values come from. */
    public sealed interface Projections {

        /** The linear maps, in the order in which they are applied. */
        Stream<Linear> linears();

        /** The norms between them. */
        default Stream<Norm> norms() {
            return Stream.empty();
        }
    }

    /**
     * Three linear maps.
     *
     * @param adapters what is added to the outputs of each
     */
    public record Separate(Linear query, Linear key, Linear value, Optional<Adapters> adapters) implements Projections {
        @Override
        public Stream<Linear> linears() {
            return adapters.map(added -> Stream.of(
                                    Stream.of(query),
                                    added.query().linears(),
                                    Stream.of(key),
                                    added.key().linears(),
                                    Stream.of(value),
                                    added.value().linears())
                            .flatMap(linears -> linears))
                    .orElseGet(() -> Stream.of(query, key, value));
        }
    }

    /** What is added to queries, keys and values. */
    public record Adapters(Bottleneck query, Bottleneck key, Bottleneck value) {}

    /**
     * Queries alone: keys and values are those of an earlier layer (Brandon et al., arXiv 2405.12981).
     *
     * @param layer which one
     */
    public record Reused(Linear query, int layer) implements Projections {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(query);
        }
    }

    /** Queries, keys or values of a {@link Fused} projection. */
    public enum Part {
        QUERY,
        KEY,
        VALUE
    }

    /**
     * One linear map whose outputs are groups of heads one after the other, each with its queries, keys and values.
     *
     * @param groups how many groups there are; heads and key-value heads are spread over them evenly
     * @param order of the three within a group
     */
    public record Fused(Linear queryKeyValue, int groups, List<Part> order) implements Projections {

        public Fused {
            order = List.copyOf(order);
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.of(queryKeyValue);
        }
    }

    /**
     * Latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): keys and values come from one narrow vector a token,
     * but for the rotary channels of the keys, which all heads share.
     *
     * @param queryDown to the narrow vector that queries come from; empty: they come from the input
     * @param query to the queries of all heads
     * @param keyValueDown to the narrow vector, and then the shared rotary channels
     * @param narrowScale what the narrow vector is multiplied by
     * @param keyValue from the narrow vector to each head's other key channels and values
     */
    public record Latent(
            Optional<Linear> queryDown,
            Optional<Norm> queryDownNorm,
            Linear query,
            Linear keyValueDown,
            Norm keyValueDownNorm,
            double narrowScale,
            Linear keyValue)
            implements Projections {
        @Override
        public Stream<Linear> linears() {
            return Stream.concat(queryDown.stream(), Stream.of(query, keyValueDown, keyValue));
        }

        @Override
        public Stream<Norm> norms() {
            return Stream.concat(queryDownNorm.stream(), Stream.of(keyValueDownNorm));
        }
    }

    /**
     * Queries from a narrow vector, and one head that is key and value at once (DeepSeek-V4): positions turn the values with the
     * keys, so what a head gives is turned back by the position of its own token.
     */
    public record Shared(Linear queryDown, Norm queryDownNorm, Linear query, Linear keyValue) implements Projections {
        @Override
        public Stream<Linear> linears() {
            return Stream.of(queryDown, query, keyValue);
        }

        @Override
        public Stream<Norm> norms() {
            return Stream.of(queryDownNorm);
        }
    }
}
