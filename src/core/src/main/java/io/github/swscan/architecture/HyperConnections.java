package io.github.swscan.architecture;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Hyper-connections (Zhu et al., arXiv 2409.19606): several residual streams h[i], which all begin as the embedding. Each part
 * f of a block reads an x that is taken of them, and gives to them what comes of it:
 *
 * <pre>
 *     h'[k] = given[k] f(x) + Σ_j mixed[j, k] h[j]
 * </pre>
 *
 * What the head reads is the x of a last connection.
 *
 * @param streams how many there are
 * @param leave before the head
 */
public record HyperConnections(int streams, Connection leave) implements ResidualStreams {

    /** One place where streams are taken from and given to. */
    public sealed interface Connection {

        int streams();

        /** The linear maps of the block that this is in, in the order in which they are applied. */
        Stream<Linear> linears();

        Stream<Parameter> parameters();
    }

    /**
     * Weights a stream (with balanced mixing Xie et al., arXiv 2512.24880). With m the linear map of all streams together,
     * divided by their root mean square:
     *
     * <pre>
     *     taken[i]  = sigmoid(scale[0] m[i] + base[i]) + epsilon                       from m and base the first n
     *     given[i]  = magnitude · sigmoid(scale[1] m[i] + base[i]) + addedToGiven      the next n
     *     mixed     = balanced(softmax(scale[2] m[j, k] + base[j, k]) + epsilon)       the others, or the unit matrix
     *     x         = Σ_i taken[i] h[i]
     * </pre>
     *
     * Balanced: divided by the sums of columns, then by turns of rows and columns, each plus epsilon (Sinkhorn and Knopp).
     *
     * @param map the tensor of the linear map [n, 2n or 2n + n², streams · hidden]
     * @param base likewise [the same]
     * @param scale one number for each of what is computed
     * @param computed how many these are: 1 before the head, 2, or 3 with mixing
     * @param normEpsilon is added to the mean square of all streams
     * @param balancings how often sums of columns are made 1; empty: streams are not mixed
     */
    public record Weighed(
            String map,
            String base,
            String scale,
            int streams,
            int hidden,
            int computed,
            double normEpsilon,
            double epsilon,
            double magnitude,
            double addedToGiven,
            OptionalInt balancings)
            implements Connection {

        /** How many numbers the linear map gives. */
        public int outputs() {
            return Math.min(computed, 2) * streams + (computed > 2 ? streams * streams : 0);
        }

        @Override
        public Stream<Linear> linears() {
            return Stream.empty();
        }

        @Override
        public Stream<Parameter> parameters() {
            return Stream.of(
                    Parameter.of(map, outputs(), streams * hidden),
                    Parameter.of(base, outputs()),
                    Parameter.of(scale, computed));
        }
    }

    /**
     * Gates a channel (Qwen4). With c the n streams one beside the other, each with a norm of its own:
     *
     * <pre>
     *     x        = 1/n Σ_i (sigmoid(widen(silu(narrow(c) / n))) · c)[i]
     *     given[k] = 2 sigmoid(give(c)[k] / n)
     *     mixed    = the unit matrix
     * </pre>
     *
     * @param norm with scales for each stream
     * @param give to one number a stream; empty before the head
     */
    public record Gated(int streams, Norm norm, Linear narrow, Linear widen, Optional<Linear> give)
            implements Connection {

        @Override
        public Stream<Linear> linears() {
            return Stream.concat(Stream.of(narrow, widen), give.stream());
        }

        @Override
        public Stream<Parameter> parameters() {
            return Stream.concat(norm.parameters(), linears().flatMap(Linear::parameters));
        }
    }

    /** What a block has of its own. */
    public record OfBlock(Connection mixer, Connection feedForward) {

        Stream<Parameter> parameters() {
            return Stream.of(mixer, feedForward).flatMap(Connection::parameters);
        }
    }

    @Override
    public Stream<Parameter> parameters() {
        return leave.parameters();
    }
}
