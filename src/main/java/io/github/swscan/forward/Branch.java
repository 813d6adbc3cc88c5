package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.WeightEdit;
import java.util.List;

/**
 * The model with a set of edits, run over some of the sequences side by side with the unedited model. It may multiply with
 * another version of the weights, in which the edits are then made. Two branches are the same only if they are the same
 * object.
 */
public final class Branch {

    private final List<Integer> sequences;
    private final List<WeightEdit> edits;
    private final List<Restoration> restorations;
    private final WeightTransform transform;

    /**
     * @param sequences the indexes, ascending, of the sequences it runs over
     * @param edits in any order; the last one counts where several name the same weight
     */
    public Branch(List<Integer> sequences, List<WeightEdit> edits) {
        this(sequences, edits, List.of());
    }

    /** @param restorations are made in branches that are planned before the run */
    public Branch(List<Integer> sequences, List<WeightEdit> edits, List<Restoration> restorations) {
        this(sequences, edits, restorations, WeightTransform.IDENTITY);
    }

    /** @param transform the version of the weights; an edit's value stands in place of what it makes */
    public Branch(
            List<Integer> sequences,
            List<WeightEdit> edits,
            List<Restoration> restorations,
            WeightTransform transform) {
        this.sequences = List.copyOf(sequences);
        this.edits = List.copyOf(edits);
        this.restorations = List.copyOf(restorations);
        this.transform = transform;
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

    public WeightTransform transform() {
        return transform;
    }

    /** Which version of a linear map's W it multiplies with: the identity unless the transform changes that one. */
    WeightTransform transformOf(Linear linear) {
        return transform.changes(linear) ? transform : WeightTransform.IDENTITY;
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
