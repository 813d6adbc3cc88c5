package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keys that stand for several consecutive tokens each. That of the whole group e of tokens, channel by channel:
 *
 * <pre>
 *     turned(norm(Σ_t softmax_t(share(x[t]) + bias[t - e · length]) key(x[t])))     over the tokens t of the group
 * </pre>
 *
 * turned as a token at the group's first position. Without shares it is the mean. With a length of 1 there is one for each
 * token.
 *
 * @param key empty: whoever asks has the keys of tokens already
 * @param length how many tokens a group has
 */
public record Compressor(Optional<Linear> key, Optional<Shares> shares, int length, Norm norm, Rotary rotary) {

    /**
     * What weighs tokens within their group.
     *
     * @param linear to one number a channel of the keys
     * @param bias the tensor of what is added for the place in the group [length, channels]
     * @param overlapping whether a token has two keys, each with a share, one beside the other: the first for the group
     *     behind its own, whose softmax it joins, the second for its own
     */
    public record Shares(Linear linear, String bias, boolean overlapping) {}

    /** Channels of a key. */
    public int size() {
        return norm.size();
    }

    /** How many groups are whole within so many tokens. */
    public int groups(int tokens) {
        return tokens / length;
    }

    Stream<Linear> linears() {
        return Stream.concat(key.stream(), shares.stream().map(Shares::linear));
    }

    /** All but those of the linear maps. */
    Stream<Parameter> otherParameters() {
        return Stream.concat(
                norm.parameters(),
                shares.stream()
                        .map(given -> Parameter.of(
                                given.bias(), length, given.linear().outputs())));
    }
}
