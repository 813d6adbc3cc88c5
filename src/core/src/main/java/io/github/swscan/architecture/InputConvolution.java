package io.github.swscan.architecture;

import java.util.stream.Stream;

/**
 * A convolution over neighbouring tokens of a block's input, beside the block: h'' = norm(h' + activation(convolution(h))),
 * with h what comes into the block and h' what comes out of it (He et al., DeBERTa v2, arXiv 2006.03654, appendix A.5).
 *
 * @param kernel the tensor of weights [hidden, hidden / groups, length]
 * @param bias the tensor of the bias [hidden]
 * @param length how many tokens it sees: as many on each side, an odd number
 * @param groups into which the channels are divided; each output channel sees those of its group
 */
public record InputConvolution(
        String kernel, String bias, int length, int groups, Activation.Function activation, Norm norm) {

    Stream<Parameter> parameters(int hiddenSize) {
        return Stream.concat(
                Stream.of(
                        Parameter.of(kernel, hiddenSize, hiddenSize / groups, length), Parameter.of(bias, hiddenSize)),
                norm.parameters());
    }
}
