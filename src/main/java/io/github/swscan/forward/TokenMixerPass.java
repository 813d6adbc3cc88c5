package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.LightningAttention;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.architecture.TokenMixer;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** The token mixers of all kinds, each of which has a class that computes it. */
final class TokenMixerPass {

    private final Optional<Past> past;
    private final RotaryPositions rotaryPositions;
    private final AttentionPass attention;
    private final MixtureOfHeadsPass mixedHeads;
    private final LightningAttentionPass linearAttention;
    private final ShortConvolutionPass convolution;

    /** @param past what the tokens before have left, where they are not in the sequences */
    TokenMixerPass(
            LinearPass linear,
            NormPass normalization,
            Operations operations,
            Weights weights,
            Sequences sequences,
            Optional<Past> past) {
        this.past = past;
        this.rotaryPositions = new RotaryPositions(operations, weights, sequences);
        this.attention = new AttentionPass(linear, normalization, operations, weights, rotaryPositions);
        this.mixedHeads = new MixtureOfHeadsPass(linear, normalization, operations, weights, rotaryPositions);
        this.linearAttention = new LightningAttentionPass(linear, normalization, operations, weights);
        this.convolution = new ShortConvolutionPass(linear, normalization, operations, weights);
    }

    /** Prepares what outlives a block; to be called outside the scope in which a block's arrays are freed. */
    void prepare(TokenMixer mixer) {
        rotaryPositions.prepare(
                mixer instanceof Attention plain
                        ? plain.rotary()
                        : mixer instanceof MixtureOfHeads mixture ? mixture.rotary() : Optional.empty());
    }

    /** x [rows, hidden] -> [rows, hidden], every sequence of every branch by itself. */
    NDArray apply(int layer, TokenMixer mixer, NDArray x, Rows rows) {
        Optional<Past.Layer> before = past.map(tokens -> tokens.of(layer));
        if (mixer instanceof ShortConvolution given) {
            return convolution.apply(given, x, rows, before);
        }
        if (mixer instanceof LightningAttention given) {
            return linearAttention.apply(given, x, rows, before);
        }
        if (mixer instanceof MixtureOfHeads given) {
            return mixedHeads.apply(given, x, rows, before);
        }
        return attention.apply((Attention) mixer, x, rows, before);
    }
}
