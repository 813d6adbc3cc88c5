package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Gated short convolution (Poli et al., arXiv 2302.10866, with one short filter in place of a long one; LFM2, arXiv
 * 2511.23404): y = output(c · convolution(b · x)), elementwise products of three parts of one linear map. Each channel of
 * a token is a weighted sum of that channel of the token itself and of the {@code length - 1} tokens before it.
 *
 * @param input to b, c and x, one after the other [3 hidden]
 * @param kernel the tensor of weights [hidden, 1, length]; the last weight is that of the token itself
 * @param bias the tensor of what is added to each channel after the convolution [hidden]
 */
public record ShortConvolution(Linear input, String kernel, Optional<String> bias, int length, Linear output)
        implements TokenMixer {

    /** The width of b, c and x. */
    public int channels() {
        return output.inputs();
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.of(input, output);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        Stream.of(Parameter.of(kernel, channels(), 1, length)),
                        bias.stream().map(name -> Parameter.of(name, channels())))
                .flatMap(parameters -> parameters);
    }
}
