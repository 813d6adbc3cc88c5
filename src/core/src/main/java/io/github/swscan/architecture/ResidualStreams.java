package io.github.swscan.architecture;

import java.util.stream.Stream;

/** Several residual streams in place of one: how they begin, and what the head reads of them. */
public sealed interface ResidualStreams permits AltUp, HyperConnections {

    /** All tensors but those of the blocks. */
    Stream<Parameter> parameters();
}
