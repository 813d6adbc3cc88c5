package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a part f of a block stands in the residual stream: h' = sumNorm(skipScale · s + outputScale ·
 * outputNorm(convolution(f(x)))), where x = inputNorm(h), and s is h or x. What is empty leaves everything as it is.
 *
 * @param skipsNormed whether s is x, not h
 * @param skipScales the tensor of what each channel of s is multiplied by as well [hidden]
 * @param outputScaleTensor the tensor of one number that is another factor beside {@code outputScale}
 * @param convolution which has no norm behind it
 */
public record Residual(
        Optional<Norm> inputNorm,
        Optional<Norm> outputNorm,
        Optional<Norm> sumNorm,
        boolean skipsNormed,
        double skipScale,
        Optional<String> skipScales,
        double outputScale,
        Optional<String> outputScaleTensor,
        Optional<ChannelConvolution> convolution,
        int size) {

    public Residual {
        if (convolution.isPresent() && (outputNorm.isPresent() || sumNorm.isPresent())) {
            throw new IllegalArgumentException("a norm behind a convolution of a part's output");
        }
    }

    /** That of a part that is not there. */
    public static Residual none() {
        return new Residual(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                1,
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.empty(),
                0);
    }

    /** The same without the norm behind the sum. */
    public Residual withoutSumNorm() {
        return new Residual(
                inputNorm,
                outputNorm,
                Optional.empty(),
                skipsNormed,
                skipScale,
                skipScales,
                outputScale,
                outputScaleTensor,
                convolution,
                size);
    }

    Stream<Parameter> parameters() {
        return Stream.of(
                        Stream.of(inputNorm, outputNorm, sumNorm)
                                .flatMap(Optional::stream)
                                .flatMap(Norm::parameters),
                        skipScales.stream().map(name -> Parameter.of(name, size)),
                        outputScaleTensor.stream().map(name -> Parameter.of(name)),
                        convolution.stream().flatMap(ChannelConvolution::parameters))
                .flatMap(parameters -> parameters);
    }
}
