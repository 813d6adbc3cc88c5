package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.weight.StoredMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A checkpoint's tensors as arrays of the engine, on the device that computes.
 *
 * <p>Matrices are read into memory of the engine while it computes with the one before, see {@link StoredSlices}. On the
 * CPU, one that is stored in the number format it is multiplied in is not copied further: the array lies over that memory.
 * Any other is converted into one buffer, which the next matrix uses again. To another device matrices are copied as they
 * are stored, see {@link DeviceCopies}, and converted there.
 */
final class Weights implements AutoCloseable {

    /** In bytes: how much of a matrix is in memory at once, at most. */
    static final long LONGEST_SLICE = 1L << 28;

    private final Checkpoint checkpoint;
    private final Operations operations;
    private final NDManager manager;
    private final NDManager host;
    private final Precision precision;
    private final LongConsumer bytesRead;
    private final long longestSlice;
    private final WeightPrefetch readAhead;
    private final StoredSlices stored;
    private final Optional<DeviceCopies> copies;
    private NDArray buffer;
    private ByteBuffer decoded = ByteBuffer.allocateDirect(0);

    /**
     * @param longestSlice how many bytes of a tensor are taken at once, at most {@link #LONGEST_SLICE}
     * @param copiedAhead how many bytes are copied before they are used; empty where the engine computes in the memory
     *     that files are read into
     */
    Weights(
            Checkpoint checkpoint,
            TorchEngine engine,
            Precision precision,
            LongConsumer bytesRead,
            long longestSlice,
            OptionalLong copiedAhead) {
        this.checkpoint = checkpoint;
        this.longestSlice = longestSlice;
        this.readAhead = new WeightPrefetch(checkpoint);
        this.operations = engine.operations();
        this.manager = engine.manager().newSubManager();
        this.host = engine.host().newSubManager();
        this.stored = new StoredSlices(checkpoint, engine.spareMemory());
        this.precision = precision;
        this.bytesRead = bytesRead;
        this.copies = copiedAhead.stream()
                .mapToObj(bytes -> new DeviceCopies(operations, manager, this::hostMatrix, bytes))
                .findFirst();
        this.buffer = manager.create(new Shape(0), DataType.FLOAT32);
    }

    /**
     * Some rows of a linear map's W, in the precision of the run. The array is valid until the next call of this method.
     *
     * @param firstRow counted in the stored layout
     * @param rows at most {@link #rowsPerSlice}
     * @return [rows, columns] as stored
     */
    NDArray matrix(Linear linear, long firstRow, long rows) {
        TensorInfo tensor = tensor(linear.weight());
        WeightSlice slice = slice(linear, tensor, firstRow, rows);
        bytesRead.accept(tensor.storedBytes(slice.elements()));
        NDArray matrix = matrixAsStored(slice);
        return isInPrecision(tensor) ? matrix : operations.copyInto(bufferOf(matrix.size()), matrix);
    }

    /**
     * Some rows of a linear map's W in whatever type the engine takes them, without being told of: the pass has read them
     * already. The array is valid until the next call of a method that gives a matrix.
     */
    NDArray matrixAsStored(WeightSlice slice) {
        return copies.map(given -> given.take(slice)).orElseGet(() -> hostMatrix(slice));
    }

    private static WeightSlice slice(Linear linear, TensorInfo tensor, long firstRow, long rows) {
        return new WeightSlice(linear, firstRow, rows, rows * WeightSlice.columns(linear) * bytesOfEngine(tensor));
    }

    /** Rows of W as the engine takes them, in the memory of the CPU. Valid until the next call. */
    private NDArray hostMatrix(WeightSlice slice) {
        TensorInfo tensor = tensor(slice.linear().weight());
        ByteBuffer bytes = stored.take(slice);
        Shape shape = new Shape(slice.rows(), WeightSlice.columns(slice.linear()));
        if (!isNumberOfTheEngine(tensor)) {
            return decoded(tensor, slice.firstElement(), bytes, shape);
        }
        return switch (tensor.dtype()) {
            case F64 -> host.create(bytes, shape, DataType.FLOAT64);
            case F32 -> host.create(bytes, shape, DataType.FLOAT32);
            case F16 -> host.create(bytes, shape, DataType.FLOAT16);
            // The engine's own way to make a bfloat16 array aborts the process.
            case BF16 -> operations.asBfloat16(host.create(bytes, shape, DataType.FLOAT16));
            default -> throw new IllegalArgumentException(tensor.name() + " has type " + tensor.dtype());
        };
    }

    /** How many stored rows of W one call of {@link #matrix} may ask for. */
    long rowsPerSlice(Linear linear) {
        return Math.max(1, longestSlice / bytesOfEngine(tensor(linear.weight())) / WeightSlice.columns(linear));
    }

    /** All rows of a W as stored, in parts that one call of {@link #matrix} may ask for each. */
    List<WeightSlice> slices(Linear linear) {
        long rows = (long) linear.inputs() * linear.outputs() / WeightSlice.columns(linear);
        return slices(linear, rows, rowsPerSlice(linear));
    }

    private List<WeightSlice> slices(Linear linear, long rows, long step) {
        TensorInfo tensor = tensor(linear.weight());
        return LongStream.iterate(0, first -> first < rows, first -> first + step)
                .mapToObj(first -> slice(linear, tensor, first, Math.min(step, rows - first)))
                .toList();
    }

    private static int bytesOfEngine(TensorInfo tensor) {
        return isNumberOfTheEngine(tensor) ? tensor.dtype().bytes() : Float.BYTES;
    }

    /** How many bytes of a tensor are taken at once. */
    long longestSlice() {
        return longestSlice;
    }

    /** The bias of a linear map that has one, in float32 [outputs]. */
    NDArray bias(Linear linear) {
        TensorInfo tensor = tensor(linear.bias().orElseThrow());
        return float32(tensor, linear.firstBiasElement(), new Shape(linear.outputs()));
    }

    /** A whole tensor in float32, its entries one after the other. */
    NDArray vector(String name) {
        TensorInfo tensor = tensor(name);
        return float32(tensor, 0, new Shape(tensor.elements()));
    }

    private NDArray float32(TensorInfo tensor, long firstElement, Shape shape) {
        bytesRead.accept(tensor.storedBytes(shape.size()));
        int count = Math.toIntExact(shape.size());
        return manager.create(checkpoint.floats(tensor, firstElement, count, 1), shape);
    }

    /** The values of single rows of a linear map's W (one row per output channel), rounded as the run rounds them. */
    float[][] rows(Linear linear, int[] rows) {
        return rows(linear, rows, WeightTransform.IDENTITY);
    }

    /** The same of another version of W. */
    float[][] rows(Linear linear, int[] rows, WeightTransform transform) {
        StoredMatrix matrix = StoredMatrix.of(checkpoint, linear);
        return IntStream.of(rows)
                .mapToObj(row -> row(matrix, linear, row, transform))
                .toArray(float[][]::new);
    }

    /** The values of a column of a linear map's W (an input channel), rounded as the run rounds them. */
    float[] column(Linear linear, int column) {
        float[] values = StoredMatrix.of(checkpoint, linear).column(column);
        round(values);
        return values;
    }

    private float[] row(StoredMatrix matrix, Linear linear, int row, WeightTransform transform) {
        float[] values = matrix.row(row);
        transform.apply(linear, row, values);
        round(values);
        return values;
    }

    /**
     * Some rows of another version of a linear map's W, one row per output channel, in the precision of the run. Uses all
     * processors. What is read for it is not told of: the stored version is read in the same pass.
     *
     * @param end behind the last row; at most {@link #rowsPerTransformed} behind the first
     * @return [rows, inputs], owned by the scope around
     */
    NDArray transformed(Linear linear, WeightTransform transform, int first, int end) {
        StoredMatrix stored = StoredMatrix.of(checkpoint, linear);
        float[][] rows = IntStream.range(first, end)
                .parallel()
                .mapToObj(row -> row(stored, linear, row, transform))
                .toArray(float[][]::new);
        NDArray matrix = manager.create(rows);
        return switch (precision) {
            case FP32 -> matrix;
            case BF16 -> operations.toBfloat16(matrix);
        };
    }

    /** How many rows one call of {@link #transformed} may ask for. */
    int rowsPerTransformed(Linear linear) {
        return (int) Math.max(1, Math.min(linear.outputs(), longestSlice / Float.BYTES / linear.inputs()));
    }

    /** Rows of a table with one row per index, such as the embedding, in float32: [indexes, columns]. */
    NDArray lookUp(String name, int[] indexes) {
        return lookUp(List.of(name), indexes);
    }

    /**
     * The same of a table of which several tensors hold rows, one below the other.
     *
     * @throws MalformedInputException if it has fewer rows than are asked for
     */
    NDArray lookUp(List<String> parts, int[] indexes) {
        List<TensorInfo> tensors = parts.stream().map(this::tensor).toList();
        int columns = Math.toIntExact(tensors.get(0).shape().get(1));
        float[] values = new float[Math.multiplyExact(indexes.length, columns)];
        for (int i = 0; i < indexes.length; i++) {
            long row = indexes[i];
            int part = 0;
            while (row >= tensors.get(part).shape().get(0)) {
                row -= tensors.get(part).shape().get(0);
                part++;
                if (part == tensors.size()) {
                    TensorInfo last = tensors.get(part - 1);
                    throw new MalformedInputException(
                            last.file(), last.name(), "ends a table that has no row " + indexes[i], "");
                }
            }
            float[] found = checkpoint.floats(tensors.get(part), row * columns, columns, 1);
            System.arraycopy(found, 0, values, i * columns, columns);
        }
        bytesRead.accept(tensors.get(0).storedBytes(values.length));
        return manager.create(values, new Shape(indexes.length, columns));
    }

    /**
     * Rows of a table of whole numbers.
     *
     * @param limit all are at least 0 and less than this
     * @throws MalformedInputException if one is not
     */
    int[][] indexes(String name, int[] rows, int limit) {
        int columns = Math.toIntExact(tensor(name).shape().get(1));
        return IntStream.of(rows)
                .mapToObj(row -> LongStream.of(wholeNumbers(name, (long) row * columns, columns, limit))
                        .mapToInt(Math::toIntExact)
                        .toArray())
                .toArray(int[][]::new);
    }

    /** All whole numbers of a tensor, from 0 on and less than a limit. */
    long[] wholeNumbers(String name, long limit) {
        return wholeNumbers(name, 0, Math.toIntExact(tensor(name).elements()), limit);
    }

    private long[] wholeNumbers(String name, long first, int count, long limit) {
        TensorInfo tensor = tensor(name);
        int bytes = tensor.dtype().bytes();
        ByteBuffer stored = ByteBuffer.allocate(count * bytes).order(ByteOrder.LITTLE_ENDIAN);
        checkpoint.read(tensor, first * bytes, stored);
        bytesRead.accept((long) count * bytes);
        stored.flip();
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = bytes == Long.BYTES ? stored.getLong() : stored.getInt();
            if (numbers[i] < 0 || numbers[i] >= limit) {
                throw new MalformedInputException(
                        tensor.file(),
                        name,
                        "has " + numbers[i] + " where a number from 0 to " + (limit - 1) + " is needed",
                        "");
            }
        }
        return numbers;
    }

    /** An array owned by the run, from values. */
    NDArray array(float[][] rows) {
        return manager.create(rows);
    }

    /** [n, 1] */
    NDArray array(float[] values) {
        return manager.create(values, new Shape(values.length, 1));
    }

    NDArray zeros(long rows, long columns) {
        return manager.zeros(new Shape(rows, columns));
    }

    NDArray array(long[] values) {
        return manager.create(values);
    }

    NDManager manager() {
        return manager;
    }

    /** Has weights read from the disk that will be needed soon, in whatever parts. Returns at once. */
    void readAhead(Stream<Linear> linears) {
        readAhead.request(linears);
    }

    /** Has weights brought to where they will surely be multiplied as a whole, after all others. Returns at once. */
    void bringAhead(Stream<Linear> linears) {
        List<WeightSlice> slices = slicesFromTheDisk(linears);
        stored.prepare(slices);
        copies.ifPresent(given -> given.ahead().prepare(slices));
    }

    /** The same for weights that will be multiplied before all others. */
    void bringFirst(Stream<Linear> linears) {
        List<WeightSlice> slices = slicesFromTheDisk(linears);
        stored.prepareFirst(slices);
        copies.ifPresent(given -> given.ahead().prepareFirst(slices));
    }

    private List<WeightSlice> slicesFromTheDisk(Stream<Linear> linears) {
        List<Linear> wanted = linears.toList();
        readAhead.request(wanted.stream());
        return wanted.stream().flatMap(linear -> slices(linear).stream()).toList();
    }

    /** The same for some rows after the other of a linear map's W, each with what is multiplied at once. */
    void bringAhead(Linear linear, long rows, long step) {
        List<WeightSlice> slices = slices(linear, rows, step);
        stored.prepare(slices);
        copies.ifPresent(given -> given.ahead().prepare(slices));
    }

    /** How many parts of weights were to be brought ahead and have not been used in their turn. */
    int unused() {
        return copies.map(given -> given.ahead().unused()).orElseGet(() -> stored.unused());
    }

    @Override
    public void close() {
        readAhead.close();
        copies.ifPresent(DeviceCopies::close);
        stored.close();
        manager.close();
        host.close();
    }

    /** Whether the engine can compute with what is stored, as it is. */
    private static boolean isNumberOfTheEngine(TensorInfo tensor) {
        return switch (tensor.dtype()) {
            case F64, F32, F16, BF16 -> tensor.scales().isEmpty();
            default -> false;
        };
    }

    /** In float32. Valid until the next array is decoded. */
    private NDArray decoded(TensorInfo tensor, long firstElement, ByteBuffer stored, Shape shape) {
        int length = Math.toIntExact(shape.size() * Float.BYTES);
        if (decoded.capacity() < length) {
            decoded = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
        }
        ByteBuffer bytes = decoded.slice(0, length).order(ByteOrder.nativeOrder());
        checkpoint.decode(tensor, firstElement, stored, bytes.asFloatBuffer());
        return host.create(bytes, shape, DataType.FLOAT32);
    }

    /** Whether the engine takes a tensor in the precision of the run. */
    private boolean isInPrecision(TensorInfo tensor) {
        DType taken = isNumberOfTheEngine(tensor) ? tensor.dtype() : DType.F32;
        return switch (precision) {
            case FP32 -> taken == DType.F32;
            case BF16 -> taken == DType.BF16;
        };
    }

    private NDArray bufferOf(long elements) {
        if (buffer.getShape().size() < elements) {
            buffer.close();
            NDArray larger = manager.create(new Shape(elements), DataType.FLOAT32);
            if (precision == Precision.BF16) {
                NDArray narrower = operations.toBfloat16(larger);
                larger.close();
                larger = narrower;
            }
            NDScope.unregister(larger);
            buffer = larger;
        }
        return buffer;
    }

    private void round(float[] values) {
        if (precision == Precision.BF16) {
            for (int i = 0; i < values.length; i++) {
                values[i] = DType.roundToBfloat16(values[i]);
            }
        }
    }

    private TensorInfo tensor(String name) {
        return checkpoint.find(name).orElseThrow(() -> new IllegalArgumentException("no tensor " + name));
    }

    /** One stored weight, exactly. */
    float value(Linear linear, int row, int column) {
        return StoredMatrix.of(checkpoint, linear).value(row, column);
    }
}
