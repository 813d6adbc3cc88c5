package io.github.swscan.forward;

import io.github.swscan.architecture.Matrix;
import io.github.swscan.weight.ColumnEdit;
import io.github.swscan.weight.Edit;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.RowEdit;
import io.github.swscan.weight.ScalarEdit;
import io.github.swscan.weight.SpikeMean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The edits of one matrix, by what is to be done for them. */
record MatrixEdits(
        List<ScalarEdit> scalars,
        List<RowEdit> rows,
        List<ColumnEdit> columns,
        List<SpikeMean> means,
        List<Restoration> restorations) {

    static final MatrixEdits NONE = of(List.of());

    MatrixEdits {
        scalars = List.copyOf(scalars);
        rows = List.copyOf(rows);
        columns = List.copyOf(columns);
        means = List.copyOf(means);
        restorations = List.copyOf(restorations);
    }

    /** @param edits all of the same matrix, in the order in which they are made */
    static MatrixEdits of(List<? extends Edit> edits) {
        List<ScalarEdit> scalars = new ArrayList<>();
        List<RowEdit> rows = new ArrayList<>();
        List<ColumnEdit> columns = new ArrayList<>();
        List<SpikeMean> means = new ArrayList<>();
        List<Restoration> restorations = new ArrayList<>();
        for (Edit edit : edits) {
            if (edit instanceof ScalarEdit scalar) {
                scalars.add(scalar);
            } else if (edit instanceof RowEdit row) {
                rows.add(row);
            } else if (edit instanceof ColumnEdit column) {
                columns.add(column);
            } else if (edit instanceof SpikeMean mean) {
                means.add(mean);
            } else {
                restorations.add((Restoration) edit);
            }
        }
        return new MatrixEdits(scalars, rows, columns, means, restorations);
    }

    static Map<Matrix, MatrixEdits> byMatrix(List<? extends Edit> edits) {
        Map<Matrix, List<Edit>> grouped = new HashMap<>();
        edits.forEach(edit -> grouped.computeIfAbsent(edit.matrix(), matrix -> new ArrayList<>())
                .add(edit));
        Map<Matrix, MatrixEdits> byMatrix = new HashMap<>();
        grouped.forEach((matrix, own) -> byMatrix.put(matrix, of(own)));
        return byMatrix;
    }

    /** Whether there is more than what is put back. */
    boolean changesWeights() {
        return changesRows() || !columns.isEmpty();
    }

    /** Whether single weights or rows of W are others. */
    boolean changesRows() {
        return !scalars.isEmpty() || !rows.isEmpty();
    }

    /** The output channels whose row of W is another one, ascending. */
    int[] changedRows() {
        return IntStream.concat(
                        scalars.stream().mapToInt(edit -> edit.coordinate().row()),
                        rows.stream().mapToInt(RowEdit::row))
                .distinct()
                .sorted()
                .toArray();
    }

    /**
     * Makes the edits of single weights and of rows.
     *
     * @param weightRows the rows of W that {@link #changedRows} names, in its order; changed in place
     */
    void change(float[][] weightRows) {
        int[] changed = changedRows();
        for (ScalarEdit edit : scalars) {
            weightRows[Arrays.binarySearch(changed, edit.coordinate().row())][
                            edit.coordinate().column()] =
                    edit.value();
        }
        for (RowEdit edit : rows) {
            float[] row = weightRows[Arrays.binarySearch(changed, edit.row())];
            for (int column = 0; column < row.length; column++) {
                row[column] *= edit.factor();
            }
        }
    }
}
