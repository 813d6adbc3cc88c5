package io.github.swscan.checkpoint.tensor;

import java.util.ArrayList;
import java.util.List;

/** The numbers of a tensor in 8-bit floating point, which has one scale for all, or one for each block of a matrix, or none. */
public record Float8Elements(TensorInfo tensor) implements ElementCodes {

    @Override
    public BlockShape scaleBlocks() {
        return tensor.scales().map(scales -> scales.shape(tensor.shape())).orElse(BlockShape.NONE);
    }

    @Override
    public CodePlace code(long element) {
        return CodePlace.of(tensor, element * Byte.SIZE, Byte.SIZE);
    }

    /** {@inheritDoc} Scales beside the tensor are not in its scale. */
    @Override
    public CodeBlock block(long element, Codes.Stored stored) {
        return tensor.scales()
                .map(scales -> CodeBlock.ofTable(runs(element, scales), 1))
                .orElseGet(() -> CodeBlock.unscaled(List.of(new CodeBlock.Run(0, tensor.elements()))));
    }

    /** The rows of the block that an element is in. */
    private List<CodeBlock.Run> runs(long element, TensorInfo.Scales scales) {
        int rank = tensor.shape().size();
        long columns = rank < 1 ? 1 : tensor.shape().get(rank - 1);
        long rows = rank < 2 ? 1 : tensor.shape().get(rank - 2);
        long matrix = element / columns / rows * rows;
        long firstRow = element / columns % rows / scales.rows() * scales.rows();
        long firstColumn = element % columns / scales.columns() * scales.columns();
        long width = Math.min(scales.columns(), columns - firstColumn);
        long height = Math.min(scales.rows(), rows - firstRow);
        long first = (matrix + firstRow) * columns + firstColumn;
        if (width == columns) {
            return List.of(new CodeBlock.Run(first, height * width));
        }
        List<CodeBlock.Run> runs = new ArrayList<>();
        for (long row = 0; row < height; row++) {
            runs.add(new CodeBlock.Run(first + row * columns, width));
        }
        return runs;
    }
}
