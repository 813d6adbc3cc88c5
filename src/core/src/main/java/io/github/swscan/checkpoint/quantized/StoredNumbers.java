package io.github.swscan.checkpoint.quantized;

import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/** Whole tensors of scales, zero points and indices, and rectangles of codes, as arrays. */
public final class StoredNumbers {

    private final Codes.Stored stored;

    StoredNumbers(Codes.Stored stored) {
        this.stored = stored;
    }

    /**
     * Numbers as floats.
     *
     * @throws MalformedInputException if one of them is not finite
     */
    float[] floats(TensorInfo tensor) {
        DType dtype = tensor.dtype();
        if (!dtype.isComputable() || dtype.isInBlocks()) {
            throw new UnsupportedInputException(
                    tensor.file(),
                    tensor.name(),
                    "scales of type " + dtype + " are not supported",
                    "scan the checkpoint it was quantized from");
        }
        ByteBuffer bytes = all(tensor);
        float[] numbers = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = dtype.floatAt(bytes, i * dtype.bytes());
            if (!Float.isFinite(numbers[i])) {
                throw new MalformedInputException(
                        tensor.file(), tensor.name(), "holds the scale " + numbers[i], "download the file again");
            }
        }
        return numbers;
    }

    /** Elements of a tensor of plain numbers that lie one after the other. */
    float[] floats(TensorInfo tensor, long first, int count) {
        DType dtype = tensor.dtype();
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(count, dtype.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        stored.read(tensor, first * dtype.bytes(), bytes);
        float[] numbers = new float[count];
        dtype.read(bytes.flip(), dtype.bytes(), numbers, 0, count);
        return numbers;
    }

    /** Words of 32 bits. */
    int[] words(TensorInfo tensor) {
        return words(tensor, 0, rows(tensor), 0, columns(tensor));
    }

    /** Words of a part of a matrix, row by row. */
    int[] words(TensorInfo tensor, long firstRow, long lastRow, long firstColumn, long lastColumn) {
        IntBuffer part =
                rectangle(tensor, firstRow, lastRow, firstColumn, lastColumn).asIntBuffer();
        int[] words = new int[part.remaining()];
        part.get(words);
        return words;
    }

    /** Whole numbers of 32 or 64 bits; what is too large for an int becomes the smallest or largest. */
    int[] integers(TensorInfo tensor) {
        if (tensor.dtype() != DType.I64) {
            return words(tensor);
        }
        ByteBuffer bytes = all(tensor);
        int[] integers = new int[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, bytes.getLong(i * Long.BYTES)));
        }
        return integers;
    }

    /** Bytes, one after the other. */
    byte[] bytes(TensorInfo tensor) {
        return all(tensor).array();
    }

    private ByteBuffer all(TensorInfo tensor) {
        return rectangle(tensor, 0, rows(tensor), 0, columns(tensor));
    }

    /**
     * A part of a matrix as it is stored, row by row without gaps.
     *
     * @return little-endian, from index 0 on
     */
    ByteBuffer rectangle(TensorInfo tensor, long firstRow, long lastRow, long firstColumn, long lastColumn) {
        int size = tensor.dtype().bytes();
        long width = (lastColumn - firstColumn) * size;
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact((lastRow - firstRow) * width))
                .order(ByteOrder.LITTLE_ENDIAN);
        long columns = columns(tensor);
        if (lastColumn - firstColumn == columns) {
            stored.read(tensor, firstRow * columns * size, bytes);
        } else {
            for (long row = firstRow; row < lastRow; row++) {
                bytes.limit((int) ((row - firstRow + 1) * width));
                stored.read(tensor, (row * columns + firstColumn) * size, bytes);
            }
        }
        return bytes.clear();
    }

    /** Bytes that lie one after the other in a tensor, little-endian, from index 0 on. */
    ByteBuffer run(TensorInfo tensor, long first, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        stored.read(tensor, first, bytes);
        return bytes.flip();
    }

    static long rows(TensorInfo tensor) {
        return tensor.shape().size() < 2 ? 1 : tensor.shape().get(0);
    }

    static long columns(TensorInfo tensor) {
        return tensor.elements() == 0 ? 0 : tensor.elements() / rows(tensor);
    }
}
