package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.LightningAttention;
import io.github.swscan.architecture.LinearRecurrence;
import io.github.swscan.architecture.LowRank;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.ShortConvolution;
import io.github.swscan.architecture.SideBySide;
import io.github.swscan.architecture.TokenMixer;
import io.github.swscan.engine.Operations;
import java.util.Optional;

/** The token mixers of all kinds, each of which has a class that computes it. */
final class TokenMixerPass {

    /** Its place among the token mixers of a layer. */
    private static final int ASIDE = -1;

    private final Optional<Past> past;
    private final RotaryPositions rotaryPositions;
    private final AttentionPass attention;
    private final MixtureOfHeadsPass mixtureOfHeads;
    private final LightningAttentionPass lightningAttention;
    private final ShortConvolutionPass shortConvolution;
    private final LinearRecurrencePass linearRecurrence;
    private final LinearPass linear;
    private final NormPass norm;
    private final Operations operations;

    /** @param past what the tokens before have left, where they are not in the sequences */
    TokenMixerPass(Compute compute, Sequences sequences, Optional<Past> past) {
        this.past = past;
        this.rotaryPositions = new RotaryPositions(compute, sequences);
        this.attention = new AttentionPass(compute, rotaryPositions);
        this.mixtureOfHeads = new MixtureOfHeadsPass(compute, rotaryPositions);
        this.lightningAttention = new LightningAttentionPass(compute);
        this.shortConvolution = new ShortConvolutionPass(compute);
        this.linearRecurrence = new LinearRecurrencePass(compute);
        this.linear = compute.linear();
        this.norm = compute.norm();
        this.operations = compute.operations();
    }

    /** Prepares what outlives a block; to be called outside the scope in which a block's arrays are freed. */
    void prepare(TokenMixer mixer) {
        if (mixer instanceof SideBySide several) {
            several.parts().forEach(part -> prepare(part.mixer()));
        }
        if (mixer instanceof Attention plain) {
            plain.compressors().forEach(rotaryPositions::prepare);
            plain.compressors().forEach(keys -> rotaryPositions.prepare(Optional.of(keys.rotary())));
            if (plain.projections() instanceof Attention.Shared) {
                rotaryPositions.prepare(plain.rotary().map(Rotary::back));
            }
        }
        rotaryPositions.prepare(
                mixer instanceof Attention plain
                        ? plain.rotary()
                        : mixer instanceof MixtureOfHeads mixture ? mixture.rotary() : Optional.empty());
    }

    /** x [rows, hidden] -> [rows, hidden], every sequence of every branch by itself. */
    NDArray apply(int layer, TokenMixer mixer, NDArray x, Rows rows, Probe probe) {
        if (mixer instanceof SideBySide several) {
            return sum(layer, several, x, rows, probe);
        }
        return apply(layer, mixer, x, rows, past.map(tokens -> tokens.of(layer, 0)), probe);
    }

    /** What stands aside, which is not what other layers share anything with. */
    NDArray applyAside(int layer, TokenMixer mixer, NDArray x, Rows rows, Probe probe) {
        return apply(layer, mixer, x, rows, past.map(tokens -> tokens.of(layer, ASIDE)), probe);
    }

    private NDArray sum(int layer, SideBySide several, NDArray x, Rows rows, Probe probe) {
        NDArray sum = null;
        for (int i = 0; i < several.parts().size(); i++) {
            SideBySide.Part part = several.parts().get(i);
            int place = i;
            NDArray mixed = apply(
                    layer,
                    part.mixer(),
                    scaled(x, part.inputScale()),
                    rows,
                    past.map(tokens -> tokens.of(layer, place)),
                    probe);
            NDArray normed = part.outputNorm()
                    .map(given -> norm.apply(given, operations.toFloat32(mixed)))
                    .orElse(mixed);
            NDArray weighed = scaled(normed, part.outputScale());
            sum = sum == null ? weighed : operations.add(sum, weighed);
        }
        return sum;
    }

    private NDArray scaled(NDArray x, double scale) {
        return scale == 1 ? x : operations.multiplyByNumber(x, scale);
    }

    private NDArray apply(int layer, TokenMixer mixer, NDArray x, Rows rows, Optional<Past.Layer> before, Probe probe) {
        if (mixer instanceof LowRank given) {
            NDArray wide = linear.apply(given.widen(), linear.apply(given.narrow(), x, rows), rows);
            return operations.add(operations.toFloat32(x), norm.apply(given.norm(), operations.toFloat32(wide)));
        }
        if (mixer instanceof LinearRecurrence given) {
            return linearRecurrence.apply(layer, given, x, rows, before, probe);
        }
        if (mixer instanceof ShortConvolution given) {
            return shortConvolution.apply(given, x, rows, before);
        }
        if (mixer instanceof LightningAttention given) {
            return lightningAttention.apply(layer, given, x, rows, before, probe);
        }
        if (mixer instanceof MixtureOfHeads given) {
            return mixtureOfHeads.apply(given, x, rows, before);
        }
        return attention.apply(layer, (Attention) mixer, x, rows, before);
    }
}
