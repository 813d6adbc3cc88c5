package io.github.swscan.architecture;

import java.util.stream.Stream;

/** Stands where a block has no feed-forward part, and so no down projection: nothing is added to the residual stream. */
public record NoMlp() implements FeedForward {

    @Override
    public Stream<Mlp> mlps() {
        return Stream.empty();
    }

    @Override
    public Stream<Linear> linears() {
        return Stream.empty();
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.empty();
    }
}
