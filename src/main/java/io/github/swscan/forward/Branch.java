package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;
import java.util.List;

/**
 * The model with a set of edits, run over some of the sequences side by side with the unedited model. Two branches are
 * the same only if they are the same object.
 */
public final class Branch {

    private final List<Integer> sequences;
    private final List<WeightEdit> edits;

    /**
     * @param sequences the indexes, ascending, of the sequences it runs over
     * @param edits in any order; the last one counts where several name the same weight
     */
    public Branch(List<Integer> sequences, List<WeightEdit> edits) {
        this.sequences = List.copyOf(sequences);
        this.edits = List.copyOf(edits);
    }

    public List<Integer> sequences() {
        return sequences;
    }

    public List<WeightEdit> edits() {
        return edits;
    }

    List<WeightEdit> editsOf(Linear linear) {
        return edits.stream().filter(edit -> edit.isIn(linear)).toList();
    }
}
