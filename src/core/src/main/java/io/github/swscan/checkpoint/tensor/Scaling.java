package io.github.swscan.checkpoint.tensor;

import java.util.List;

/**
 * Multiplies the stored numbers of a matrix, or of several matrices one after the other, with the scales of their blocks.
 */
public final class Scaling {

    private final long matrixRows;
    private final long matrixColumns;
    private final TensorInfo.Scales blocks;
    private final float[] scales;

    /**
     * @param shape of the tensor that is scaled: the last two dimensions are those of a matrix
     * @param scales one for each block, row by row and matrix by matrix
     */
    public Scaling(List<Long> shape, TensorInfo.Scales blocks, float[] scales) {
        int rank = shape.size();
        this.matrixRows = rank < 2 ? 1 : shape.get(rank - 2);
        this.matrixColumns = rank < 1 ? 1 : shape.get(rank - 1);
        this.blocks = blocks;
        this.scales = scales;
    }

    /**
     * Scales values in place.
     *
     * @param first the element, in stored order, that the first value is
     * @param stride from the element of one value to that of the next
     */
    public void apply(float[] values, long first, long stride) {
        int done = 0;
        while (done < values.length) {
            long element = first + done * stride;
            float scale = of(element);
            int end = stride == 1 ? (int) Math.min(values.length, done + leftInBlock(element)) : done + 1;
            for (int i = done; i < end; i++) {
                values[i] *= scale;
            }
            done = end;
        }
    }

    /** The scale of an element, in stored order. */
    public float of(long element) {
        return scales[block(element)];
    }

    /** Which block an element is in. */
    private int block(long element) {
        long blocksInRow = parts(matrixColumns, blocks.columns());
        long blocksInMatrix = blocksInRow * parts(matrixRows, blocks.rows());
        long row = element / matrixColumns;
        return (int) (row / matrixRows * blocksInMatrix
                + row % matrixRows / blocks.rows() * blocksInRow
                + element % matrixColumns / blocks.columns());
    }

    /** How many elements of the same row and block there are from this one on. */
    private long leftInBlock(long element) {
        long column = element % matrixColumns;
        return Math.min(blocks.columns() - column % blocks.columns(), matrixColumns - column);
    }

    /** Into how many parts of a length a whole is divided, the last of which may be shorter. */
    public static long parts(long whole, long part) {
        return whole / part + (whole % part == 0 ? 0 : 1);
    }
}
