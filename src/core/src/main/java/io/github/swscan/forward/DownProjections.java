package io.github.swscan.forward;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The down projections of one block at work, before their outputs are added to the residual stream: one, or in a mixture
 * one for each expert that tokens go to. Valid only during the call of the {@link Probe} that it is given to.
 */
public final class DownProjections {

    private final int layer;
    private final List<DownProjection> projections;
    private final Layout layout;
    private final List<Branch> branches;
    private final Map<Branch, Branch> sources = new LinkedHashMap<>();

    /** @param layout which rows are whose in the pass so far */
    DownProjections(int layer, List<DownProjection> projections, Layout layout) {
        this.layer = layer;
        this.projections = List.copyOf(projections);
        this.layout = layout;
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

    /** What the projections give, for the branches that go on. */
    List<DownProjection.Output> outputs(Rearrangement rearrangement) {
        return projections.stream()
                .map(projection -> projection.output(rearrangement))
                .toList();
    }
}
