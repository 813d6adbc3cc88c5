package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.BlockShape;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.ElementCodes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * HQQ's codes. The elements of the matrix, row by row, are those of a second matrix, whose rows or columns are groups. Its
 * rows are cut into slices of equal length, of which the last may be filled in part; fields of a byte or word hold the codes
 * of one place in all slices, the first slice in the highest bits that are used. The weight is (code - zero) * scale, in
 * float32.
 *
 * @param words bytes or words of 32 bits: [rows of a slice, columns]
 * @param slices how many codes there are in each
 * @param shape of the second matrix
 * @param byRow whether its rows are groups; else its columns
 * @param scales one for each group
 * @param zeros one for each group
 */
public record SlicedCodes(
        TensorInfo words, int bits, int slices, Shape shape, boolean byRow, TensorInfo scales, TensorInfo zeros)
        implements Codes, ElementCodes {

    /** Of a matrix. */
    public record Shape(int rows, int columns) {}

    @Override
    public String method() {
        return "HQQ";
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of(words, scales, zeros);
    }

    /** In elements; the last slice may have fewer. */
    private long sliceLength() {
        return (shape.rows() + slices - 1L) / slices * shape.columns();
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return Optional.of(this);
    }

    @Override
    public BlockShape scaleBlocks() {
        return byRow ? BlockShape.ofRow(shape.columns()) : new BlockShape(shape.rows(), 1);
    }

    @Override
    public CodePlace code(long element) {
        long word = element % sliceLength() * words.dtype().bytes() * Byte.SIZE;
        return CodePlace.of(words, word + (slices - 1 - element / sliceLength()) * bits, bits);
    }

    @Override
    public CodeBlock block(long element, Stored stored) {
        StoredNumbers numbers = new StoredNumbers(stored);
        long row = element / shape.columns();
        long column = element % shape.columns();
        List<CodeBlock.Run> runs = byRow
                ? List.of(new CodeBlock.Run(row * shape.columns(), shape.columns()))
                : LongStream.range(0, shape.rows())
                        .mapToObj(other -> new CodeBlock.Run(other * shape.columns() + column, 1))
                        .toList();
        int group = (int) (byRow ? row : column);
        return CodeBlock.withZeroPoint(runs, numbers.floats(scales)[group], numbers.floats(zeros)[group]);
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers numbers = new StoredNumbers(stored);
        float[] scale = numbers.floats(scales);
        float[] zero = numbers.floats(zeros);
        return (first, target) -> decode(numbers, scale, zero, first, target);
    }

    /** Elements lie one after the other up to the end of a slice. */
    private void decode(StoredNumbers numbers, float[] scale, float[] zero, long first, FloatBuffer target) {
        int size = words.dtype().bytes();
        int mask = (1 << bits) - 1;
        long length = sliceLength();
        long element = first;
        while (target.hasRemaining()) {
            long slice = element / length;
            int shift = (int) (slices - 1 - slice) * bits;
            int count = (int) Math.min(target.remaining(), (slice + 1) * length - element);
            ByteBuffer read = numbers.run(words, element % length * size, count * size);
            int row = (int) (element / shape.columns());
            int column = (int) (element % shape.columns());
            for (int i = 0; i < count; i++) {
                int word = size == 1 ? read.get(i) : read.getInt(i * size);
                int group = byRow ? row : column;
                target.put((((word >>> shift) & mask) - zero[group]) * scale[group]);
                if (++column == shape.columns()) {
                    column = 0;
                    row++;
                }
            }
            element += count;
        }
    }
}
