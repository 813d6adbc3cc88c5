package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * One decoder block: the token mixer, then the feed-forward part, each with its place in the residual stream.
 *
 * @param layer counted from 0
 * @param parallel whether both parts read the stream that comes into the block; their outputs are added to it together
 */
public record Block(
        int layer,
        TokenMixer mixer,
        Residual mixerResidual,
        FeedForward feedForward,
        Residual feedForwardResidual,
        boolean parallel) {

    /** All linear maps of the block. */
    public Stream<Linear> linears() {
        return Stream.concat(mixer.linears(), feedForward.linears());
    }

    /** The linear maps that are read whatever the tokens are: all but those of the experts that a router chooses from. */
    public Stream<Linear> surelyRead() {
        return Stream.concat(
                mixer.linears(),
                feedForward instanceof Mixture mixture
                        ? mixture.shared().stream()
                                .flatMap(shared -> shared.mlp().linears())
                        : feedForward.linears());
    }

    /** The names of all tensors of the block. */
    public Stream<String> tensors() {
        return parameters().map(Parameter::name);
    }

    Stream<Parameter> parameters() {
        return Stream.of(
                        mixerResidual.parameters(),
                        mixer.parameters(),
                        feedForwardResidual.parameters(),
                        feedForward.parameters())
                .flatMap(parameters -> parameters);
    }
}
