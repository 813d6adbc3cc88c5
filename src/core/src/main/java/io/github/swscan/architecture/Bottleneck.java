package io.github.swscan.architecture;

import java.util.stream.Stream;

/** Two linear maps, to a narrower vector and from it. */
public record Bottleneck(Linear narrow, Linear widen) {

    /** Both, in the order in which they are applied. */
    public Stream<Linear> linears() {
        return Stream.of(narrow, widen);
    }
}
