package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Alternating updates (Baykal et al., arXiv 2301.13310; Gemma 3n): several residual streams, of which one goes through the
 * blocks. With m(x) = tanh(router(norm(x)) · scale), before and behind a block f on stream a, of the streams h:
 *
 * <pre>
 *     p[i] = h[i] + Σ_j coefficients(m(h[a]))[i, j] h[j]
 *     h'[i] = p[i] + (1 + corrections(m(f(p[a])))[i]) (f(p[a]) - p[a])
 * </pre>
 *
 * A block's other inputs are read from h'[a] and added to all streams but the first. The streams begin as linear maps of the
 * embedding, and end as the mean of linear maps of them, each as large as the first stream.
 *
 * @param streams how many there are
 * @param active which one goes through the blocks
 * @param enter to each stream but the first
 * @param leave from each stream but the first
 */
public record AltUp(int streams, int active, List<Linear> enter, List<Linear> leave) implements ResidualStreams {

    public AltUp {
        enter = List.copyOf(enter);
        leave = List.copyOf(leave);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.concat(enter.stream(), leave.stream()).flatMap(Linear::parameters);
    }

    /**
     * What a block has of its own.
     *
     * @param router the tensor of a matrix [streams, hidden]
     * @param scale of the normed stream before it
     * @param coefficients the tensor of a matrix [streams², streams]
     * @param corrections the tensor of a matrix [streams, streams]
     * @param inputScale the tensor of what h'[a] is multiplied by where other inputs are read [hidden]
     */
    public record Coefficients(
            Norm norm,
            String router,
            double scale,
            String coefficients,
            String corrections,
            Optional<String> inputScale,
            int streams,
            int hidden) {

        Stream<Parameter> parameters() {
            return Stream.of(
                            norm.parameters(),
                            Stream.of(
                                    Parameter.of(router, streams, hidden),
                                    Parameter.of(coefficients, streams * streams, streams),
                                    Parameter.of(corrections, streams, streams)),
                            inputScale.stream().map(name -> Parameter.of(name, hidden)))
                    .flatMap(parameters -> parameters);
        }
    }
}
