package io.github.swscan.detect;

import io.github.swscan.forward.Branch;
import io.github.swscan.forward.DownProjections;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.ScalarEdit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The branches of a detection while the pass goes on. Whenever candidates are found, the experiments that prove them are
 * split off from branches in which the earlier candidates of the experiment are gone already.
 */
final class LiveExperiments {

    private final Branch original;
    private final List<Integer> evaluation;
    private final Map<Set<Coordinate>, Branch> removals = new LinkedHashMap<>();
    private final Set<Coordinate> peeledWeights = new LinkedHashSet<>();
    private final Set<Coordinate> controlWeights = new LinkedHashSet<>();
    private Branch peeled;
    private Branch control;

    LiveExperiments(Branch original, List<Integer> evaluation) {
        this.original = original;
        this.evaluation = evaluation;
        this.peeled = original;
        this.control = original;
    }

    /** The model without all independent candidates so far; the original where there are none. Runs over everything. */
    Branch peeled() {
        return peeled;
    }

    /** The model without the control weights so far; the original where there are none. */
    Branch control() {
        return control;
    }

    Set<Coordinate> peeledWeights() {
        return peeledWeights;
    }

    Set<Coordinate> controlWeights() {
        return controlWeights;
    }

    /** All branches besides the original, by what they remove. */
    Map<Set<Coordinate>, Branch> branches() {
        Map<Set<Coordinate>, Branch> all = new LinkedHashMap<>(removals);
        if (peeled != original) {
            all.put(Set.copyOf(peeledWeights), peeled);
        }
        if (control != original) {
            all.put(Set.copyOf(controlWeights), control);
        }
        return all;
    }

    /**
     * Brings the branches up to date at a block where candidates were found.
     *
     * @param found the candidates of this block, of all kinds
     * @param peeledHere those of them that are independent, which the peeled branch loses from here on
     * @param experiments the sets of weights that shall be removed in a branch from here on, earlier ones among them
     * @param controlsHere the control weights that this block adds
     */
    void update(
            DownProjections site,
            Set<Coordinate> found,
            Set<Coordinate> peeledHere,
            Set<Set<Coordinate>> experiments,
            Set<Coordinate> controlsHere) {
        // Every branch as it came to this block, by what it removes: what new ones can be split off from.
        Map<Set<Coordinate>, Branch> before = new HashMap<>(removals);
        before.put(Set.copyOf(peeledWeights), peeled);
        before.put(Set.of(), original);
        peeled = extended(site, peeled, peeledWeights, peeledHere, original.sequences());
        control = extended(site, control, controlWeights, controlsHere, evaluation);

        for (Set<Coordinate> experiment : experiments) {
            // The peeled branch is the experiment that removes all independent candidates.
            if (experiment.equals(peeledWeights) || removals.containsKey(experiment)) {
                continue;
            }
            // Up to here the new branch was like the one that removes what the experiment removes in earlier blocks. If
            // there is none, because the experiment was not known then, a later reading of the checkpoint runs it.
            Set<Coordinate> earlier = new LinkedHashSet<>(experiment);
            earlier.removeAll(found);
            Branch source = before.get(earlier);
            if (source != null) {
                Branch fork = new Branch(evaluation, zeroed(experiment));
                site.fork(source, fork);
                removals.put(experiment, fork);
            }
        }

        // Groups grow as candidates are found: an experiment on one that has grown is asked for no longer.
        removals.entrySet().removeIf(removal -> {
            boolean needed =
                    experiments.contains(removal.getKey()) && !removal.getKey().equals(peeledWeights);
            if (!needed) {
                site.drop(removal.getValue());
            }
            return !needed;
        });
    }

    static List<ScalarEdit> zeroed(Set<Coordinate> coordinates) {
        return coordinates.stream().map(ScalarEdit::zero).toList();
    }

    /** A branch that goes on in place of another one, with more weights removed; the original stays beside it. */
    private Branch extended(
            DownProjections site,
            Branch branch,
            Set<Coordinate> weights,
            Set<Coordinate> more,
            List<Integer> sequences) {
        if (more.isEmpty()) {
            return branch;
        }
        weights.addAll(more);
        Branch fork = new Branch(sequences, zeroed(weights));
        site.fork(branch, fork);
        if (branch != original) {
            site.drop(branch);
        }
        return fork;
    }
}
