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

/**
 * Codes of a matrix whose rows are cut into equal parts, one for each field of a byte: the first part is in the lowest bits
 * of the bytes, the second in the next, and so on. That is how Quanto and BitNet pack codes of 2 and 4 bits.
 *
 * @param bytes a row for each row of a part, a column for each column
 * @param rows of the matrix; the last part may have fewer than the others
 * @param columns of the matrix
 * @param numbers what the codes of a row stand for
 */
public record PartedCodes(String method, TensorInfo bytes, int bits, int rows, int columns, RowNumbers numbers)
        implements Codes, ElementCodes {

    /** In bytes: how much of the codes is read at once, at most. */
    private static final int READ_AT_ONCE = 1 << 22;

    @Override
    public List<TensorInfo> tensors() {
        return List.of(bytes, numbers.scales());
    }

    private int rowsOfPart() {
        return (rows * bits + Byte.SIZE - 1) / Byte.SIZE;
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return Optional.of(this);
    }

    @Override
    public BlockShape scaleBlocks() {
        return numbers instanceof RowNumbers.Ternary ? BlockShape.MATRIX : BlockShape.ofRow(columns);
    }

    @Override
    public int count(int ofBits) {
        return numbers instanceof RowNumbers.Ternary ? RowNumbers.Ternary.CODES : 1 << ofBits;
    }

    @Override
    public CodePlace code(long element) {
        long part = (long) rowsOfPart() * columns;
        return CodePlace.of(bytes, element % part * Byte.SIZE + element / part * bits, bits);
    }

    @Override
    public CodeBlock block(long element, Stored stored) {
        return numbers.block(new StoredNumbers(stored), (int) (element / columns), rows, columns);
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers read = new StoredNumbers(stored);
        RowNumbers.Table table = numbers.table(read, rows, bits);
        return (first, target) -> decode(read, table, first, target);
    }

    private void decode(StoredNumbers read, RowNumbers.Table table, long first, FloatBuffer target) {
        long part = (long) rowsOfPart() * columns;
        long element = first;
        while (target.hasRemaining()) {
            int count = (int) Math.min(Math.min(target.remaining(), READ_AT_ONCE), part - element % part);
            decode(read.run(bytes, element % part, count), (int) (element / part) * bits, table, element, target);
            element += count;
        }
    }

    /** Elements of one part. */
    private void decode(ByteBuffer read, int shift, RowNumbers.Table table, long first, FloatBuffer target) {
        int mask = (1 << bits) - 1;
        float[] values = new float[columns];
        long element = first;
        while (read.hasRemaining()) {
            float[] numberOf = table.of((int) (element / columns));
            int count = (int) Math.min(read.remaining(), columns - element % columns);
            for (int i = 0; i < count; i++) {
                values[i] = numberOf[(read.get() >>> shift) & mask];
            }
            target.put(values, 0, count);
            element += count;
        }
    }
}
