package io.github.swscan.architecture;

import java.util.stream.Stream;

/** The part of a block in which tokens see what stands before them: [tokens, hidden] -> [tokens, hidden]. */
public sealed interface TokenMixer
        permits Attention,
                LightningAttention,
                LinearRecurrence,
                LowRank,
                MixtureOfHeads,
                NoMixer,
                ShortConvolution,
                SideBySide {

    /** All linear maps, in the order in which they are applied. */
    Stream<Linear> linears();

    /** All tensors. */
    Stream<Parameter> parameters();
}
