package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * One decoder block: h = h + attention(attentionNorm(h)), then h = h + mlp(mlpNorm(h)).
 *
 * @param layer counted from 0
 */
public record Block(int layer, Norm attentionNorm, Attention attention, Norm mlpNorm, Mlp mlp) {

    /** All linear maps of the block. */
    public Stream<Linear> linears() {
        return Stream.concat(attention.linears(), mlp.linears());
    }
}
