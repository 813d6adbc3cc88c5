package io.github.swscan.architecture;

import java.util.stream.Stream;

/** The feed-forward part of a block, every token by itself: [tokens, hidden] -> [tokens, hidden]. */
public sealed interface FeedForward permits Mlp, Mixture, NoMlp {

    /** All MLPs: one, or the experts. */
    Stream<Mlp> mlps();

    /** All linear maps. */
    Stream<Linear> linears();

    /** All tensors. */
    Stream<Parameter> parameters();
}
