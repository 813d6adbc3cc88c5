package io.github.swscan.forward;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a feed-forward part has made, before it is added.
 *
 * @param projected what each of its down projections gives
 * @param unprojected what experts without one give; they have read it
 */
record FeedForwardOutputs(List<DownProjection.Output> projected, Optional<DownProjection.Output> unprojected) {

    FeedForwardOutputs {
        projected = List.copyOf(projected);
    }

    boolean areNone() {
        return projected.isEmpty() && unprojected.isEmpty();
    }

    /** All from one on, those without a down projection last. */
    List<DownProjection.Output> from(int first) {
        return Stream.concat(projected.stream().skip(first), unprojected.stream())
                .toList();
    }
}
