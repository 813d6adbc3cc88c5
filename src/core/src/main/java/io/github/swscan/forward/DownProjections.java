package io.github.swscan.forward;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The down projections of one block at work, before their outputs are added to the residual stream: one, or in a mixture
 * one for each expert that tokens go to. Valid only during the call of the {@link Probe} that it is given to.
 */
public final class DownProjections {

    private final int layer;
    private final List<DownProjection> projections;
    private final Optional<DownProjection.Output> unprojected;
    private final Layout layout;
    private final Compute compute;
    private final List<Branch> branches;
    private final Map<Branch, Branch> sources = new LinkedHashMap<>();
    private final Onward onward;

    /** How the block goes on behind its down projections, for some branches and what the projections give for these. */
    @FunctionalInterface
    interface Onward {
        Reach reach(Rearrangement branches, FeedForwardOutputs outputs);
    }

    /**
     * @param unprojected what is added beside their outputs
     * @param layout which rows are whose in the pass so far
     */
    DownProjections(
            int layer,
            List<DownProjection> projections,
            Optional<DownProjection.Output> unprojected,
            Layout layout,
            Compute compute,
            Onward onward) {
        this.layer = layer;
        this.projections = List.copyOf(projections);
        this.unprojected = unprojected;
        this.layout = layout;
        this.compute = compute;
        this.onward = onward;
        this.branches = new ArrayList<>(layout.branches());
    }

    /** The number of the block, from 0. */
    public int layer() {
        return layer;
    }

    /** Shared experts first, then the others in their order. */
    public List<DownProjection> projections() {
        return projections;
    }

    /**
     * What the outputs come to in the residual stream.
     *
     * @param branch one that was in the pass when it reached this block
     */
    public Reach reach(Branch branch) {
        Rearrangement alone = Rearrangement.of(layout, List.of(branch), Map.of());
        return onward.reach(alone, outputs(alone));
    }

    /**
     * Adds a branch that has been like another one up to here.
     *
     * @param source a branch that was in the pass when it reached this block; has all edits of {@code fork} that concern
     *     tensors read so far, has an equal transform, and runs over all its sequences
     * @throws IllegalArgumentException if the transforms differ
     */
    public void fork(Branch source, Branch fork) {
        if (!fork.transform().equals(source.transform())) {
            throw new IllegalArgumentException("a fork with other weights than its source");
        }
        branches.add(fork);
        sources.put(fork, source);
    }

    /** Takes a branch out of the pass, from here on. */
    public void drop(Branch branch) {
        branches.remove(branch);
    }

    /** What has been asked for: which branches go on, and where their rows come from. */
    Rearrangement rearrangement() {
        return Rearrangement.of(layout, branches, sources);
    }

    /** What the feed-forward part gives, for the branches that go on. */
    FeedForwardOutputs outputs(Rearrangement rearrangement) {
        return new FeedForwardOutputs(
                projections.stream()
                        .map(projection -> projection.output(rearrangement))
                        .toList(),
                unprojected.map(output -> output.rearranged(rearrangement, compute)));
    }
}
