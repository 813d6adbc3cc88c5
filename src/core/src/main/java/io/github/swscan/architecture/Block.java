package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * One block: the token mixer, then the feed-forward part, each with its place in the residual stream.
 *
 * @param layer counted from 0
 * @param aside attention beside the residual stream, which then the feed-forward part belongs to
 * @param inputs how the block reads what there is for it beside the residual stream, behind both parts
 * @param altUp how the block's stream is made of several, and they of it
 * @param ngrams what is added to all streams before the block
 * @param connections what each part takes of several streams, and what it gives to them
 * @param scale the tensor of a number that all of the stream is multiplied by in the end
 * @param parallel whether both parts read the stream that comes into the block; their outputs are added to it together
 * @param convolution what is added for neighbouring tokens behind both
 */
public record Block(
        int layer,
        Optional<Aside> aside,
        TokenMixer mixer,
        Residual mixerResidual,
        FeedForward feedForward,
        Residual feedForwardResidual,
        Optional<LayerInputs.Reading> inputs,
        Optional<AltUp.Coefficients> altUp,
        Optional<NGramInputs> ngrams,
        Optional<HyperConnections.OfBlock> connections,
        Optional<String> scale,
        boolean parallel,
        Optional<InputConvolution> convolution) {

    /** The same with another feed-forward part. */
    public Block withFeedForward(FeedForward other) {
        return new Block(
                layer,
                aside,
                mixer,
                mixerResidual,
                other,
                feedForwardResidual,
                inputs,
                altUp,
                ngrams,
                connections,
                scale,
                parallel,
                convolution);
    }

    /** All token mixers, but for those that stand side by side. */
    public Stream<TokenMixer> mixers() {
        return Stream.concat(aside.stream().map(Aside::mixer), Stream.of(mixer));
    }

    /** All linear maps of the block, in the order in which they are applied. */
    public Stream<Linear> linears() {
        return inOrder(feedForward.linears());
    }

    /** The linear maps that are read whatever the tokens are: all but those of the experts that a router chooses from. */
    public Stream<Linear> surelyRead() {
        return inOrder(feedForward instanceof Mixture mixture ? mixture.surelyRead() : feedForward.linears());
    }

    private Stream<Linear> inOrder(Stream<Linear> ofFeedForward) {
        Stream<Linear> ofParts = aside.map(beside -> Stream.of(
                                beside.mixer().linears(), ofFeedForward, Stream.of(beside.output()), mixer.linears())
                        .flatMap(linears -> linears))
                .orElseGet(() -> Stream.of(
                                ngrams.stream().flatMap(NGramInputs::linears),
                                connections.stream().flatMap(own -> own.mixer().linears()),
                                mixer.linears(),
                                connections.stream()
                                        .flatMap(own -> own.feedForward().linears()),
                                ofFeedForward)
                        .flatMap(linears -> linears));
        return Stream.concat(ofParts, inputs.stream().flatMap(LayerInputs.Reading::linears));
    }

    /** The names of all tensors of the block. */
    public Stream<String> tensors() {
        return parameters().map(Parameter::name);
    }

    Stream<Parameter> parameters() {
        return Stream.of(
                        aside.stream().flatMap(Aside::parameters),
                        mixerResidual.parameters(),
                        mixer.parameters(),
                        feedForwardResidual.parameters(),
                        feedForward.parameters(),
                        inputs.stream().flatMap(LayerInputs.Reading::parameters),
                        altUp.stream().flatMap(AltUp.Coefficients::parameters),
                        ngrams.stream().flatMap(NGramInputs::parameters),
                        connections.stream().flatMap(HyperConnections.OfBlock::parameters),
                        scale.stream().map(name -> Parameter.of(name)),
                        convolution.stream()
                                .flatMap(given -> given.parameters(given.norm().size())))
                .flatMap(parameters -> parameters);
    }
}
