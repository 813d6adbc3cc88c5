package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Matrix;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.SpikeMean;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MatrixEditsTest {

    private static final Matrix W = new Matrix("w");

    private static ScalarEdit scalar(int row, int column, float value) {
        return new ScalarEdit(new Coordinate(W, row, column), value);
    }

    @Test
    void rowsAreScaledAfterWeightsAreReplacedWhateverTheOrder() {
        MatrixEdits edits = MatrixEdits.of(List.of(
                new RowEdit(W, 7, 2), scalar(7, 1, 10), scalar(2, 0, -1), new RowEdit(W, 4, 0), scalar(7, 1, 5)));
        float[][] rows = {{1, 2}, {3, 4}, {5, 6}};

        assertThat(edits.changedRows()).containsExactly(2, 4, 7);
        edits.change(rows);

        assertThat(rows).isDeepEqualTo(new float[][] {{-1, 2}, {0, 0}, {10, 10}});
    }

    @Test
    void columnsAndWhatIsPutBackLeaveRowsAsTheyAre() {
        MatrixEdits columns = MatrixEdits.of(List.of(new ColumnEdit(W, 1, 0)));
        MatrixEdits putBack = MatrixEdits.of(List.of(new Restoration(W, 1), new SpikeMean(new Coordinate(W, 1, 2))));

        assertThat(columns.changesRows()).isFalse();
        assertThat(columns.changesWeights()).isTrue();
        assertThat(putBack.changesWeights()).isFalse();
    }

    @Test
    void aBranchTellsTheEditsOfEachMatrix() {
        Matrix second = new Matrix("experts", OptionalInt.of(1));
        List<Edit> edits = List.of(scalar(0, 0, 1), new RowEdit(second, 3, 0), new ColumnEdit(W, 2, 0));
        Branch branch = new Branch(List.of(0), edits);

        assertThat(branch.edits()).isEqualTo(edits);
        assertThat(branch.editsOf(linear("w", Optional.empty())))
                .isEqualTo(MatrixEdits.of(List.of(edits.get(0), edits.get(2))));
        assertThat(branch.editsOf(linear("experts", Optional.of(new Linear.Stack(1, 2)))))
                .isEqualTo(MatrixEdits.of(List.of(edits.get(1))));
        assertThat(branch.editsOf(linear("experts", Optional.of(new Linear.Stack(0, 2)))))
                .isEqualTo(MatrixEdits.NONE);
    }

    private static Linear linear(String weight, Optional<Linear.Stack> stack) {
        return new Linear(weight, Optional.empty(), Linear.Layout.OUTPUT_BY_INPUT, 4, 4, stack);
    }
}
