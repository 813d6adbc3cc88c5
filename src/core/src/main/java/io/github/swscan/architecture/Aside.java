package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * Attention and a feed-forward part beside the residual stream (Zamba2, arXiv 2411.15242, section 2). They read the stream h
 * and the embedding e of each token; what they give is not added to the stream, but to what the block's token mixer reads:
 *
 * <pre>
 *     t  = output(feedForward(feedForwardNorm(mixer(norm([h, e])))))
 *     h' = h + the block's mixer(its norm(h + t))
 * </pre>
 *
 * @param norm over both together
 * @param mixer reads twice as many channels as it gives
 */
public record Aside(Norm norm, TokenMixer mixer, Norm feedForwardNorm, Linear output) {

    Stream<Parameter> parameters() {
        return Stream.of(norm.parameters(), mixer.parameters(), feedForwardNorm.parameters(), output.parameters())
                .flatMap(parameters -> parameters);
    }
}
