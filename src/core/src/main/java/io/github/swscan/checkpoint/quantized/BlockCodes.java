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
 * bitsandbytes' codes of four bits, two a byte, the higher first: the weight is the code's entry of a table times the scale
 * of its block. Blocks run over the rows of the matrix.
 *
 * @param bytes the codes
 * @param count how many elements the matrix has
 * @param table sixteen numbers
 * @param blockSize how many consecutive elements share a scale
 * @param scales of the blocks; codes themselves, where they are nested
 */
public record BlockCodes(
        TensorInfo bytes, long count, TensorInfo table, int blockSize, TensorInfo scales, Optional<Nested> nested)
        implements Codes, ElementCodes {

    /**
     * How scales follow from codes of their own: the code's entry of a table times the scale of its block, and an offset.
     *
     * @param table 256 numbers
     */
    public record Nested(TensorInfo table, TensorInfo scales, int blockSize, float offset) {}

    @Override
    public String method() {
        return "bitsandbytes";
    }

    @Override
    public int bits() {
        return 4;
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of(bytes, scales);
    }

    @Override
    public Optional<ElementCodes> elementCodes() {
        return Optional.of(this);
    }

    @Override
    public BlockShape scaleBlocks() {
        return BlockShape.ofRow(blockSize);
    }

    @Override
    public CodePlace code(long element) {
        return CodePlace.of(bytes, element / 2 * Byte.SIZE + (element % 2 == 0 ? bits() : 0), bits());
    }

    @Override
    public CodeBlock block(long element, Stored stored) {
        int block = (int) (element / blockSize);
        long first = (long) block * blockSize;
        long size = Math.min(blockSize, count - first);
        return CodeBlock.ofTable(List.of(new CodeBlock.Run(first, size)), scales(new StoredNumbers(stored))[block]);
    }

    private float[] scales(StoredNumbers numbers) {
        return nested.map(own -> unnested(numbers, own)).orElseGet(() -> numbers.floats(scales));
    }

    @Override
    public Decoder decoder(Stored stored) {
        StoredNumbers numbers = new StoredNumbers(stored);
        float[] values = numbers.floats(table);
        float[] blocks = scales(numbers);
        return (first, target) -> decode(numbers, values, blocks, first, target);
    }

    private float[] unnested(StoredNumbers numbers, Nested own) {
        float[] values = numbers.floats(own.table());
        float[] outer = numbers.floats(own.scales());
        byte[] codes = numbers.bytes(scales);
        float[] blocks = new float[codes.length];
        for (int i = 0; i < codes.length; i++) {
            blocks[i] = values[Byte.toUnsignedInt(codes[i])] * outer[i / own.blockSize()] + own.offset();
        }
        return blocks;
    }

    private void decode(StoredNumbers numbers, float[] values, float[] blocks, long first, FloatBuffer target) {
        long last = first + target.remaining();
        ByteBuffer read = numbers.rectangle(bytes, first / 2, (last + 1) / 2, 0, 1);
        for (long element = first; element < last; element++) {
            int pair = read.get((int) (element / 2 - first / 2));
            int code = element % 2 == 0 ? (pair >>> 4) & 15 : pair & 15;
            target.put(values[code] * blocks[(int) (element / blockSize)]);
        }
    }
}
