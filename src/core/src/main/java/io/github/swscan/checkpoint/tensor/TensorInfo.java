package io.github.swscan.checkpoint.tensor;

import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a tensor is and where its elements lie, without the elements themselves.
 *
 * @param name its name in the checkpoint
 * @param dtype the type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar, and a dimension may be 0
 * @param strides from one element to the next in each dimension, in elements
 * @param file the file that holds it
 * @param offset where its first element lies, counted in bytes from the start of the file
 * @param bytes its size in bytes, always that of the number of elements
 * @param scales what its stored numbers are to be multiplied with, if they are not the weights themselves
 */
public record TensorInfo(
        String name,
        DType dtype,
        List<Long> shape,
        List<Long> strides,
        Path file,
        long offset,
        long bytes,
        Optional<Scales> scales) {

    /**
     * A tensor of scales that belongs to a matrix: each entry is for one block of it.
     *
     * @param tensor the name of the scales' tensor, which has an entry for each block, row by row
     * @param rows the rows of a block; the last may have fewer
     * @param columns the columns of a block; the last may have fewer
     */
    public record Scales(String tensor, long rows, long columns) {

        /**
         * Whether blocks of that size make the same division of a matrix.
         *
         * @param matrix the shape of the tensor, the matrix's two dimensions last
         */
        public boolean areFor(List<Long> matrix, long blockRows, long blockColumns) {
            int rank = matrix.size();
            return rank >= 2
                    && rows == Math.min(blockRows, matrix.get(rank - 2))
                    && columns == Math.min(blockColumns, matrix.get(rank - 1));
        }
    }

    /**
     * @throws IllegalArgumentException if the name is empty, a number is negative, or the size does not follow from the
     *     shape and the type
     */
    public TensorInfo {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(scales, "scales");
        shape = List.copyOf(shape);
        strides = List.copyOf(strides);
        if (strides.size() != shape.size()) {
            throw new IllegalArgumentException("as many strides as dimensions: " + shape + ", " + strides);
        }
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a tensor needs a name");
        }
        if (offset < 0 || offset > Long.MAX_VALUE - bytes) {
            throw new IllegalArgumentException("offset out of range: " + offset);
        }
        if (dtype.isInBlocks() && (shape.isEmpty() || shape.get(shape.size() - 1) % dtype.blockElements() != 0)) {
            throw new IllegalArgumentException("rows of " + shape + " are not whole blocks of " + dtype);
        }
        if (bytes != bytes(dtype, shape)) {
            throw new IllegalArgumentException(dtype + " " + shape + " does not take " + bytes + " bytes");
        }
    }

    /** A tensor whose elements lie one after the other in row-major order. */
    public TensorInfo(String name, DType dtype, List<Long> shape, Path file, long offset, long bytes) {
        this(name, dtype, shape, contiguous(shape), file, offset, bytes, Optional.empty());
    }

    /** The same tensor with scales. */
    public TensorInfo scaledBy(Scales given) {
        return new TensorInfo(name, dtype, shape, strides, file, offset, bytes, Optional.of(given));
    }

    /** The same tensor under another name. */
    public TensorInfo named(String other) {
        return new TensorInfo(other, dtype, shape, strides, file, offset, bytes, scales);
    }

    /**
     * One of equal parts along the outermost dimension, without that dimension.
     *
     * @throws MalformedInputException if the dimension has not that many entries
     */
    public TensorInfo part(int index, int count) {
        if (shape.isEmpty() || shape.get(0) != count || !isContiguous()) {
            throw new MalformedInputException(
                    file, name, "has shape " + shape + " where " + count + " matrices are needed", "");
        }
        long partBytes = bytes / count;
        return new TensorInfo(name, dtype, shape.subList(1, shape.size()), file, offset + index * partBytes, partBytes);
    }

    /** Whether the elements lie one after the other in row-major order. */
    public boolean isContiguous() {
        List<Long> usual = contiguous(shape);
        for (int dimension = 0; dimension < shape.size(); dimension++) {
            if (shape.get(dimension) > 1 && !strides.get(dimension).equals(usual.get(dimension))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Where an element lies, or the block that it is in, counted in bytes from the start of the file; elements count in
     * row-major order.
     */
    public long position(long element) {
        List<Long> index = index(element);
        long distance = 0;
        for (int dimension = 0; dimension < index.size(); dimension++) {
            distance += index.get(dimension) * strides.get(dimension);
        }
        return offset + dtype.bytes(distance);
    }

    /** The place of an element in each dimension, outermost first; elements count in row-major order. */
    public List<Long> index(long element) {
        Long[] index = new Long[shape.size()];
        long rest = element;
        for (int dimension = index.length - 1; dimension >= 0; dimension--) {
            index[dimension] = rest % shape.get(dimension);
            rest /= shape.get(dimension);
        }
        return List.of(index);
    }

    private static List<Long> contiguous(List<Long> shape) {
        Long[] strides = new Long[shape.size()];
        long stride = 1;
        for (int dimension = strides.length - 1; dimension >= 0; dimension--) {
            strides[dimension] = stride;
            stride *= Math.max(1, shape.get(dimension));
        }
        return List.of(strides);
    }

    /** The number of elements; 1 for a scalar. */
    public long elements() {
        return elements(shape);
    }

    /**
     * The size in bytes of a tensor of that type and shape.
     *
     * @throws IllegalArgumentException if a dimension is negative or the size is above {@link Long#MAX_VALUE}
     */
    public static long bytes(DType dtype, List<Long> shape) {
        try {
            return dtype.bytes(elements(shape));
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException("too large: " + dtype + " " + shape, overflow);
        }
    }

    private static long elements(List<Long> shape) {
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("negative dimension: " + shape);
            }
            elements = Math.multiplyExact(elements, dimension);
        }
        return elements;
    }
}
