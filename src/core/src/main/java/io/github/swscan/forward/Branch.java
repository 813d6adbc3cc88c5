package io.github.swscan.forward;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.weight.Edit;
import java.util.List;
import java.util.Map;

/**
 * The model with a set of edits, run over some of the sequences side by side with the unedited model. It may multiply with
 * another version of the weights, in which the edits are then made. Two branches are the same only if they are the same
 * object.
 */
public final class Branch {

    private final List<Integer> sequences;
    private final List<Edit> edits;
    private final Map<Matrix, MatrixEdits> byMatrix;
    private final WeightTransform transform;

    /**
     * @param sequences the indexes, ascending, of the sequences it runs over
     * @param edits in any order; the last one counts where several replace the same weight
     */
    public Branch(List<Integer> sequences, List<? extends Edit> edits) {
        this(sequences, edits, WeightTransform.IDENTITY);
    }

    /** @param transform the version of the weights; an edit stands in place of what it makes, or changes that */
    public Branch(List<Integer> sequences, List<? extends Edit> edits, WeightTransform transform) {
        this.sequences = List.copyOf(sequences);
        this.edits = List.copyOf(edits);
        this.byMatrix = MatrixEdits.byMatrix(edits);
        this.transform = transform;
    }

    public List<Integer> sequences() {
        return sequences;
    }

    public List<Edit> edits() {
        return edits;
    }

    public WeightTransform transform() {
        return transform;
    }

    /** Which version of a linear map's W it multiplies with: the identity unless the transform changes that one. */
    WeightTransform transformOf(Linear linear) {
        return transform.changes(linear) ? transform : WeightTransform.IDENTITY;
    }

    /** Those of a linear map. */
    MatrixEdits editsOf(Linear linear) {
        return byMatrix.isEmpty() ? MatrixEdits.NONE : byMatrix.getOrDefault(linear.matrix(), MatrixEdits.NONE);
    }
}
