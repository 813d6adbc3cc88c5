package io.github.swscan.detect;

import io.github.swscan.forward.Activations;
import io.github.swscan.forward.DownProjection;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the weights behind the spikes of one down projection: takes the peak, finds the weight that contributes most,
 * removes it, looks at the peak that remains, and so on until no spike is left. This is the zero-and-run-again loop of Yu
 * et al., arXiv 2411.07191, section 3, without running again: what a removed weight does to its own layer's output is
 * computed, and what it does to later layers is seen there.
 */
final class Peeling {

    /** More spikes than this in one down projection are not taken apart. */
    static final int MAXIMUM_SPIKES = 64;

    private final DownProjection site;
    private final double minimumShare;
    private final List<Found> weights = new ArrayList<>();
    private final List<Found> diffuse = new ArrayList<>();

    private Peeling(DownProjection site, double minimumShare) {
        this.site = site;
        this.minimumShare = minimumShare;
    }

    /** The weight with the largest contribution to a spike at a token. */
    record Found(int token, int row, int column) {}

    /** @param weights those that make a spike by themselves, in the order found */
    record Result(List<Found> weights, List<Found> diffuse) {}

    static Result of(DownProjection site, Activations activations, SpikeTest test, double minimumShare) {
        Peeling peeling = new Peeling(site, minimumShare);
        peeling.peel(activations, test);
        return new Result(peeling.weights, peeling.diffuse);
    }

    private void peel(Activations activations, SpikeTest test) {
        List<ScalarEdit> removed = new ArrayList<>();
        Set<Integer> silenced = new HashSet<>();
        Activations remaining = activations;
        for (int spike = 0; spike < MAXIMUM_SPIKES; spike++) {
            int token = Activations.indexOfLargest(remaining.outputMagnitudes());
            float[] output = remaining.output(token);
            int row = Activations.indexOfLargest(output);
            float[] input = remaining.input(token);
            if (!test.isSpike(input, output[row])) {
                return;
            }
            int column = largestContribution(input, row, removed);
            double contribution = (double) site.value(row, column) * input[column];
            if (Math.abs(contribution) >= minimumShare * Math.abs(output[row])) {
                weights.add(new Found(token, row, column));
                removed.add(ScalarEdit.zero(new Coordinate(site.weight(), row, column)));
            } else {
                // What is left of a spike whose main weights are known is no spike of its own.
                if (weights.stream().noneMatch(found -> found.row() == row)) {
                    diffuse.add(new Found(token, row, column));
                }
                silenced.add(row);
            }
            remaining = (removed.isEmpty() ? activations : activations.edited(removed)).silenced(silenced);
        }
    }

    private int largestContribution(float[] input, int row, List<ScalarEdit> removed) {
        float[] contributions = site.row(row);
        for (ScalarEdit edit : removed) {
            if (edit.coordinate().row() == row) {
                contributions[edit.coordinate().column()] = 0;
            }
        }
        for (int column = 0; column < contributions.length; column++) {
            contributions[column] *= input[column];
        }
        return Activations.indexOfLargest(contributions);
    }
}
