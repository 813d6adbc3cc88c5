package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Residual;
import io.github.swscan.engine.Operations;
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
    private final Optional<String> outputBias;
    private final Residual residual;
    private final ResidualStream skipped;
    private final NormPass normalization;
    private final LinearPass linear;
    private final Operations operations;
    private final Weights weights;
    private final List<Branch> branches;
    private final Map<Branch, Branch> sources = new LinkedHashMap<>();

    /**
     * @param skipped what the outputs are added to
     * @param residual how
     */
    DownProjections(
            int layer,
            List<DownProjection> projections,
            Optional<String> outputBias,
            Residual residual,
            ResidualStream skipped,
            NormPass normalization,
            LinearPass linear,
            Operations operations,
            Weights weights) {
        this.layer = layer;
        this.projections = List.copyOf(projections);
        this.outputBias = outputBias;
        this.residual = residual;
        this.skipped = skipped;
        this.normalization = normalization;
        this.linear = linear;
        this.operations = operations;
        this.weights = weights;
        this.branches = new ArrayList<>(skipped.layout().branches());
    }

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
     *     tensors read so far, and runs over all its sequences
     */
    public void fork(Branch source, Branch fork) {
        branches.add(fork);
        sources.put(fork, source);
    }

    /** Takes a branch out of the pass, from here on. */
    public void drop(Branch branch) {
        branches.remove(branch);
    }

    /** The residual stream after the block, with the branches that the probe asked for. */
    ResidualStream settle() {
        boolean unchanged = branches.equals(skipped.layout().branches());
        ResidualStream stream = unchanged ? skipped : skipped.rearranged(branches, sources, operations, weights);
        NDArray output = sum(stream.layout(), unchanged);
        if (outputBias.isPresent()) {
            output = operations.addBias(output, weights.vector(outputBias.get()));
        }
        return new ResidualStream(normalization.join(residual, stream.hidden(), output), stream.layout());
    }

    /** The sum of all outputs, for the rows of the new layout. */
    private NDArray sum(Layout layout, boolean unchanged) {
        long[] sourceRows = unchanged ? null : skipped.sourceRows(layout, sources);
        List<DownProjection.Output> outputs = projections.stream()
                .map(projection ->
                        unchanged ? projection.output() : projection.rearranged(layout, sourceRows, sources, linear))
                .toList();
        DownProjection.Output first = outputs.get(0);
        if (outputs.size() == 1
                && first.rows().isAll()
                && first.routingWeights().isEmpty()) {
            return first.values();
        }
        NDArray sum = weights.zeros(layout.rows(), projections.get(0).weight().outputs());
        for (DownProjection.Output output : outputs) {
            NDArray values = output.routingWeights().isEmpty()
                    ? output.values()
                    : operations.scaleRows(
                            output.values(),
                            weights.array(output.routingWeights().get()));
            sum = operations.addToRows(sum, weights.array(output.rows().indexes()), values);
        }
        return sum;
    }
}
