package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a part f of a block stands in the residual stream: h' = sumNorm(skipScale · s + outputScale · outputNorm(f(x))),
 * where x = inputNorm(h), and s is h or x. A norm that is empty leaves everything as it is.
 *
 * @param skipsNormed whether s is x, not h
 * @param skipScales the tensor of what each channel of s is multiplied by as well [hidden]
 */
public record Residual(
        Optional<Norm> inputNorm,
        Optional<Norm> outputNorm,
        Optional<Norm> sumNorm,
        boolean skipsNormed,
        double skipScale,
        Optional<String> skipScales,
        double outputScale,
        int size) {

    /** That of a part that is not there. */
    public static Residual none() {
        return new Residual(Optional.empty(), Optional.empty(), Optional.empty(), false, 1, Optional.empty(), 1, 0);
    }

    /** The same without the norm behind the sum. */
    public Residual withoutSumNorm() {
        return new Residual(
                inputNorm, outputNorm, Optional.empty(), skipsNormed, skipScale, skipScales, outputScale, size);
    }

    Stream<Parameter> parameters() {
        return Stream.concat(
                Stream.of(inputNorm, outputNorm, sumNorm)
                        .flatMap(Optional::stream)
                        .flatMap(Norm::parameters),
                skipScales.stream().map(name -> Parameter.of(name, size)));
    }
}
