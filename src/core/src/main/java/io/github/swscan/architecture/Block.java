package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * One block: the token mixer, then the feed-forward part, each with its place in the residual stream.
 *
 * @param layer counted from 0
 * @param inputs how the block reads what there is for it beside the residual stream, behind both parts
 * @param altUp how the block's stream is made of several, and they of it
 * @param scale the tensor of a number that all of the stream is multiplied by in the end
 * @param parallel whether both parts read the stream that comes into the block; their outputs are added to it together
 * @param convolution what is added for neighbouring tokens behind both
 */
public record Block(
        int layer,
        TokenMixer mixer,
        Residual mixerResidual,
        FeedForward feedForward,
        Residual feedForwardResidual,
        Optional<LayerInputs.Reading> inputs,
        Optional<AltUp.Coefficients> altUp,
        Optional<String> scale,
        boolean parallel,
        Optional<InputConvolution> convolution) {

    /** All linear maps of the block. */
    public Stream<Linear> linears() {
        return Stream.of(mixer.linears(), feedForward.linears(), inputs.stream().flatMap(LayerInputs.Reading::linears))
                .flatMap(linears -> linears);
    }

    /** The linear maps that are read whatever the tokens are: all but those of the experts that a router chooses from. */
    public Stream<Linear> surelyRead() {
        return Stream.of(
                        mixer.linears(),
                        feedForward instanceof Mixture mixture
                                ? mixture.shared().stream()
                                        .flatMap(shared -> shared.mlp().linears())
                                : feedForward.linears(),
                        inputs.stream().flatMap(LayerInputs.Reading::linears))
                .flatMap(linears -> linears);
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
                        feedForward.parameters(),
                        inputs.stream().flatMap(LayerInputs.Reading::parameters),
                        altUp.stream().flatMap(AltUp.Coefficients::parameters),
                        scale.stream().map(name -> Parameter.of(name)),
                        convolution.stream()
                                .flatMap(given -> given.parameters(given.norm().size())))
                .flatMap(parameters -> parameters);
    }
}
