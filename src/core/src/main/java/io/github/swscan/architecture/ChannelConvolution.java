package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * A short convolution with what it reads: each channel of a token gets a weighted sum of that channel of the token itself
 * and of the {@code length - 1} tokens before it.
 *
 * @param kernel the tensor of weights [channels, 1, length]; the last weight is that of the token itself
 */
public record ChannelConvolution(String kernel, int channels, int length) {

    Stream<Parameter> parameters() {
        return Stream.of(Parameter.of(kernel, channels, 1, length));
    }
}
