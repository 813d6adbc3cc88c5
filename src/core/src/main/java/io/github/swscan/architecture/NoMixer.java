package io.github.swscan.architecture;

import java.util.stream.Stream;

/** Stands where a block has no token mixer: nothing is added to the residual stream. */
public record NoMixer() implements TokenMixer {

    @Override
    public Stream<Linear> linears() {
        return Stream.empty();
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.empty();
    }
}
