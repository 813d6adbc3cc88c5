package io.github.swscan.checkpoint.tensor;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * What a tensor is and where its elements lie, without the elements themselves.
 *
 * @param name its name in the checkpoint
 * @param dtype the type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar, and a dimension may be 0
 * @param strides from one element to the next in each dimension, in elements
 * @param file the file that holds it, or its first piece
 * @param offset where its first element lies, counted in bytes from the start of the file
 * @param bytes its size in bytes, always that of the number of elements
 * @param scales what its stored numbers are to be multiplied with, if they are not the weights themselves
 * @param pieces what it is made of, if it lies in several files; strides and offset are then those of no file
 * @param codes what its numbers follow from, if they are not stored themselves; strides, offset and size are then those of
 *     the numbers
 */
public record TensorInfo(
        String name,
        DType dtype,
        List<Long> shape,
        List<Long> strides,
        Path file,
        long offset,
        long bytes,
        Optional<Scales> scales,
        Optional<Pieces> pieces,
        Optional<Codes> codes) {

    /**
     * A tensor of scales that belongs to a matrix: each entry is for one block of it.
     *
     * @param tensor the name of the scales' tensor, which has an entry for each block, row by row
     * @param rows the rows of a block; the last may have fewer
     * @param columns the columns of a block; the last may have fewer
     */
    public record Scales(String tensor, long rows, long columns) {

        /** The blocks of a tensor of that shape. */
        BlockShape shape(List<Long> tensor) {
            int rank = tensor.size();
            if (rank > 0 && columns < tensor.get(rank - 1)) {
                return new BlockShape(rows, columns);
            }
            return rank > 1 && rows == 1 ? BlockShape.ROW : BlockShape.MATRIX;
        }

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
     * Tensors of one type and shape that are one tensor together.
     *
     * @param dimension the one that they were cut along
     * @param tensors in their order along it, at least one
     */
    public record Pieces(int dimension, List<TensorInfo> tensors) {

        public Pieces {
            tensors = List.copyOf(tensors);
        }

        /** How many elements of a piece lie next to each other in the whole, before the next piece has its turn. */
        public long run() {
            List<Long> shape = tensors.get(0).shape();
            return TensorInfo.elements(shape.subList(dimension, shape.size()));
        }
    }

    /**
     * Where an element lies.
     *
     * @param file that holds it
     * @param offset counted in bytes from the start of the file
     */
    public record Place(Path file, long offset) {}

    /**
     * @throws IllegalArgumentException if the name is empty, a number is negative, or the size does not follow from the
     *     shape and the type
     */
    public TensorInfo {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(scales, "scales");
        Objects.requireNonNull(pieces, "pieces");
        Objects.requireNonNull(codes, "codes");
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

    /** A tensor in one file. */
    public TensorInfo(
            String name, DType dtype, List<Long> shape, List<Long> strides, Path file, long offset, long bytes) {
        this(name, dtype, shape, strides, file, offset, bytes, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** A tensor whose elements lie one after the other in row-major order. */
    public TensorInfo(String name, DType dtype, List<Long> shape, Path file, long offset, long bytes) {
        this(name, dtype, shape, contiguous(shape), file, offset, bytes);
    }

    /**
     * One tensor of pieces, under the name of the first.
     *
     * @param dimension the one that they were cut along
     * @param pieces in their order along it, at least one
     * @throws MalformedInputException if they differ in shape or type, or lack the dimension
     */
    public static TensorInfo joined(int dimension, List<TensorInfo> pieces) {
        TensorInfo first = pieces.get(0);
        for (TensorInfo piece : pieces) {
            if (piece.shape.size() <= dimension || !piece.shape.equals(first.shape) || piece.dtype != first.dtype) {
                throw new MalformedInputException(
                        piece.file,
                        piece.name,
                        "has shape %s and type %s where %s has %s and %s"
                                .formatted(
                                        piece.shape,
                                        piece.dtype,
                                        PrintableText.quoted(
                                                first.file.getFileName().toString()),
                                        first.shape,
                                        first.dtype),
                        "download all parts of the model again");
            }
        }
        List<Long> shape = new ArrayList<>(first.shape);
        shape.set(dimension, Math.multiplyExact(first.shape.get(dimension), pieces.size()));
        return new TensorInfo(
                first.name,
                first.dtype,
                shape,
                contiguous(shape),
                first.file,
                first.offset,
                Math.multiplyExact(first.bytes, pieces.size()),
                Optional.empty(),
                Optional.of(new Pieces(dimension, pieces)),
                Optional.empty());
    }

    /** A matrix of float32 numbers that follow from codes. */
    public static TensorInfo decoded(String name, List<Long> shape, Codes codes) {
        TensorInfo stored = codes.tensors().get(0);
        return new TensorInfo(
                name,
                DType.F32,
                shape,
                contiguous(shape),
                stored.file,
                stored.offset,
                bytes(DType.F32, shape),
                Optional.empty(),
                Optional.empty(),
                Optional.of(codes));
    }

    /** The same tensor with scales. */
    public TensorInfo scaledBy(Scales given) {
        return new TensorInfo(name, dtype, shape, strides, file, offset, bytes, Optional.of(given), pieces, codes);
    }

    /** The same tensor under another name. */
    public TensorInfo named(String other) {
        return new TensorInfo(other, dtype, shape, strides, file, offset, bytes, scales, pieces, codes);
    }

    /**
     * One of equal parts along the outermost dimension, without that dimension; of a matrix with more rows than parts, some
     * rows.
     *
     * @throws MalformedInputException if it has not that many parts
     */
    public TensorInfo part(int index, int count) {
        if (shape.size() == 2 && shape.get(0) > count && shape.get(0) % count == 0 && isContiguous()) {
            List<Long> rows = List.of(shape.get(0) / count, shape.get(1));
            return new TensorInfo(name, dtype, rows, file, offset + index * (bytes / count), bytes / count);
        }
        if (shape.isEmpty() || shape.get(0) != count || !isContiguous()) {
            throw new MalformedInputException(
                    file, name, "has shape " + shape + " where " + count + " matrices are needed", "");
        }
        long partBytes = bytes / count;
        return new TensorInfo(name, dtype, shape.subList(1, shape.size()), file, offset + index * partBytes, partBytes);
    }

    /** Whether the elements lie one after the other in row-major order, in one file. */
    public boolean isContiguous() {
        if (pieces.isPresent() || codes.isPresent()) {
            return false;
        }
        List<Long> usual = contiguous(shape);
        for (int dimension = 0; dimension < shape.size(); dimension++) {
            if (shape.get(dimension) > 1 && !strides.get(dimension).equals(usual.get(dimension))) {
                return false;
            }
        }
        return true;
    }

    /** Where an element lies, or the block that it is in; elements count in row-major order. */
    public Place place(long element) {
        if (pieces.isPresent()) {
            return placeInPiece(pieces.get(), element);
        }
        if (codes.isPresent()) {
            return codes.get().place(element);
        }
        List<Long> index = index(element);
        long distance = 0;
        for (int dimension = 0; dimension < index.size(); dimension++) {
            distance += index.get(dimension) * strides.get(dimension);
        }
        return new Place(file, offset + dtype.bytes(distance));
    }

    /** Where a byte lies, counted in the order in which elements, or the blocks that they are in, are read. */
    public Place byteAt(long index) {
        Place unit = place(index / dtype.bytes() * dtype.blockElements());
        return new Place(unit.file(), unit.offset() + index % dtype.bytes());
    }

    /**
     * The inverse of {@link #byteAt}.
     *
     * @return empty if that byte of the file belongs to none of its elements
     */
    public OptionalLong indexOf(Place place) {
        if (pieces.isPresent()) {
            return indexInPieces(pieces.get(), place);
        }
        long rest = (place.offset() - offset) / dtype.bytes();
        if (codes.isPresent() || !place.file().equals(file) || place.offset() < offset) {
            return OptionalLong.empty();
        }
        List<Long> units = shape;
        if (dtype.isInBlocks()) {
            units = new ArrayList<>(shape);
            units.set(shape.size() - 1, shape.get(shape.size() - 1) / dtype.blockElements());
        }
        List<Long> usual = contiguous(units);
        List<Long> steps = dtype.isInBlocks() ? usual : strides;
        long unit = 0;
        for (int dimension : byStride(steps)) {
            long step = steps.get(dimension);
            long at = step == 0 ? 0 : Math.min(rest / step, units.get(dimension) - 1);
            rest -= at * step;
            unit += at * usual.get(dimension);
        }
        return rest == 0 && unit < elements(units)
                ? OptionalLong.of(unit * dtype.bytes() + (place.offset() - offset) % dtype.bytes())
                : OptionalLong.empty();
    }

    /** The dimensions, the one with the longest step first. */
    private static List<Integer> byStride(List<Long> steps) {
        return IntStream.range(0, steps.size())
                .boxed()
                .sorted(Comparator.comparing(steps::get, Comparator.reverseOrder()))
                .toList();
    }

    private OptionalLong indexInPieces(Pieces parts, Place place) {
        int count = parts.tensors().size();
        for (int piece = 0; piece < count; piece++) {
            OptionalLong found = parts.tensors().get(piece).indexOf(place);
            if (found.isPresent()) {
                long element = found.getAsLong() / dtype.bytes();
                long whole = (element / parts.run() * count + piece) * parts.run() + element % parts.run();
                return OptionalLong.of(whole * dtype.bytes() + found.getAsLong() % dtype.bytes());
            }
        }
        return OptionalLong.empty();
    }

    private static Place placeInPiece(Pieces pieces, long element) {
        int count = pieces.tensors().size();
        long turn = element / pieces.run();
        TensorInfo piece = pieces.tensors().get((int) (turn % count));
        return piece.place(turn / count * pieces.run() + element % pieces.run());
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

    /** Whether its elements are stored as codes, or in 8-bit floating point. */
    public boolean isQuantized() {
        return codes.isPresent() || dtype.isInBlocks() || dtype.isFloat8();
    }

    /** What its numbers are stored as: the name of a type, or of a method with the bits of its codes. */
    public String storedType() {
        return codes.map(stored -> "%s %d-bit".formatted(stored.method(), stored.bits()))
                .orElseGet(dtype::name);
    }

    /** What a part of them takes in the files. */
    public long storedBytes(long count) {
        return codes.isPresent()
                ? (long) ((double) storedBytes() * count / Math.max(1, elements()))
                : dtype.bytes(count);
    }

    /** What they take in the files: more than their codes do, where these have scales beside them. */
    public long storedBytes() {
        return codes.map(stored ->
                        stored.tensors().stream().mapToLong(TensorInfo::bytes).sum())
                .orElse(bytes);
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
