package io.github.swscan.architecture;

import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Hyper-connections (Zhu et al., arXiv 2409.19606; with balanced mixing Xie et al., arXiv 2512.24880): several residual
 * streams h[i], which all begin as the embedding. Before and behind a part f of a block, with m the linear map of all
 * streams together, divided by their root mean square:
 *
 * <pre>
 *     taken[i]  = sigmoid(scale[0] m[i] + base[i]) + epsilon                       from m and base the first n
 *     given[i]  = magnitude · sigmoid(scale[1] m[i] + base[i]) + addedToGiven      the next n
 *     mixed     = balanced(softmax(scale[2] m[j, k] + base[j, k]) + epsilon)       the others, or the unit matrix
 *     x         = Σ_i taken[i] h[i]
 *     h'[k]     = given[k] f(x) + Σ_j mixed[j, k] h[j]
 * </pre>
 *
 * Balanced: divided by the sums of columns, then by turns of rows and columns, each plus epsilon (Sinkhorn and Knopp). What
 * the head reads is the x of a last map.
 *
 * @param streams how many there are
 * @param leave before the head
 */
public record HyperConnections(int streams, Connection leave) implements ResidualStreams {

    /**
     * One place where streams are taken from and given to.
     *
     * @param map the tensor of the linear map [n, 2n or 2n + n², streams · hidden]
     * @param base likewise [the same]
     * @param scale one number for each of what is computed
     * @param computed how many these are: 1 before the head, 2, or 3 with mixing
     * @param normEpsilon is added to the mean square of all streams
     * @param balancings how often sums of columns are made 1; empty: streams are not mixed
     */
    public record Connection(
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
            OptionalInt balancings) {

        /** How many numbers the linear map gives. */
        public int outputs() {
            return Math.min(computed, 2) * streams + (computed > 2 ? streams * streams : 0);
        }

        Stream<Parameter> parameters() {
            return Stream.of(
                    Parameter.of(map, outputs(), streams * hidden),
                    Parameter.of(base, outputs()),
                    Parameter.of(scale, computed));
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
