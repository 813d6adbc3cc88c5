package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.WeightEdit;
import java.util.List;

/**
 * The model with a set of edits, run over some of the sequences side by side with the unedited model. Two branches are
 * the same only if they are the same object.
 */
public final class Branch {

    private final List<Integer> sequences;
    private final List<WeightEdit> edits;
    private final List<Restoration> restorations;

    /**
     * @param sequences the indexes, ascending, of the sequences it runs over
     * @param edits in any order; the last one counts where several name the same weight
     */
    public Branch(List<Integer> sequences, List<WeightEdit> edits) {
        this(sequences, edits, List.of());
    }

    /** @param restorations are made in branches that are planned before the run */
    public Branch(List<Integer> sequences, List<WeightEdit> edits, List<Restoration> restorations) {
        this.sequences = List.copyOf(sequences);
        this.edits = List.copyOf(edits);
        this.restorations = List.copyOf(restorations);
    }

    public List<Integer> sequences() {
        return sequences;
    }

    public List<WeightEdit> edits() {
        return edits;
    }

    public List<Restoration> restorations() {
        return restorations;
    }

    List<Restoration> restorationsOf(Linear linear) {
        return restorations.stream()
                .filter(restoration -> restoration.isIn(linear))
                .toList();
    }

    List<WeightEdit> editsOf(Linear linear) {
        return edits.stream().filter(edit -> edit.isIn(linear)).toList();
    }
}
