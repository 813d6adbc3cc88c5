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
 * <p>On the CPU, a matrix that is stored in the number format it is multiplied in is not copied: the array lies over the
 * mapped file. Any other is converted into one buffer, which the next matrix uses again. To another device matrices are
 * copied as they are stored, see {@link DeviceCopies}, and converted there.
 */
final class Weights implements AutoCloseable {

    /** Decoded numbers take memory of their own, unlike those that lie in the mapped file. */
    private static final long MAX_DECODED_BYTES = 1L << 28;

    private final Checkpoint checkpoint;
    private final Operations operations;
    private final NDManager manager;
    private final NDManager host;
    private final Precision precision;
    private final LongConsumer bytesRead;
    private final long longestSlice;
    private final WeightPrefetch readAhead;
    private final Optional<DeviceCopies> copies;
    private NDArray buffer;
    private ByteBuffer decoded = ByteBuffer.allocateDirect(0);

    /**
     * @param longestSlice how many bytes of a tensor are taken at once, at most {@link Checkpoint#MAX_SLICE}
     * @param copiedAhead how many bytes are copied before they are used; empty where the engine computes in the memory
     *     that files are mapped into
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
        bytesRead.accept(tensor.dtype().bytes(rows * storedColumns(linear)));
        NDArray matrix = copies.map(given -> given.take(slice)).orElseGet(() -> hostMatrix(slice));
        return isInPrecision(tensor) ? matrix : operations.copyInto(bufferOf(matrix.size()), matrix);
    }

    /**
     * Some rows of a linear map's W that the pass has read already, in the memory of the CPU and in whatever type the
     * engine takes them. Valid until the next call of a method that gives a matrix.
     */
    NDArray matrixAgain(WeightSlice slice) {
        return hostMatrix(slice);
    }

    private WeightSlice slice(Linear linear, TensorInfo tensor, long firstRow, long rows) {
        return new WeightSlice(linear, firstRow, rows, rows * storedColumns(linear) * bytesOfEngine(tensor));
    }

    /** Rows of W as the engine takes them, in the memory of the CPU. Valid until the next call. */
    private NDArray hostMatrix(WeightSlice slice) {
        Linear linear = slice.linear();
        TensorInfo tensor = tensor(linear.weight());
        long columns = storedColumns(linear);
        long firstElement = linear.firstElement() + slice.firstRow() * columns;
        Shape shape = new Shape(slice.rows(), columns);
        return isNumberOfTheEngine(tensor) ? stored(tensor, firstElement, shape) : decoded(tensor, firstElement, shape);
    }

    /** How many stored rows of W one call of {@link #matrix} may ask for. */
    long rowsPerSlice(Linear linear) {
        TensorInfo tensor = tensor(linear.weight());
        long longest = isNumberOfTheEngine(tensor) ? longestSlice : Math.min(longestSlice, MAX_DECODED_BYTES);
        return Math.max(1, longest / bytesOfEngine(tensor) / storedColumns(linear));
    }

    /** All rows of a W as stored, in parts that one call of {@link #matrix} may ask for each. */
    List<WeightSlice> slices(Linear linear) {
        TensorInfo tensor = tensor(linear.weight());
        long rows = (long) linear.inputs() * linear.outputs() / storedColumns(linear);
        long step = rowsPerSlice(linear);
        return LongStream.iterate(0, first -> first < rows, first -> first + step)
                .mapToObj(first -> slice(linear, tensor, first, Math.min(step, rows - first)))
                .toList();
    }

    private static int bytesOfEngine(TensorInfo tensor) {
        return isNumberOfTheEngine(tensor) ? tensor.dtype().bytes() : Float.BYTES;
    }

    private static long storedColumns(Linear linear) {
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT -> linear.inputs();
            case INPUT_BY_OUTPUT -> linear.outputs();
        };
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
        bytesRead.accept(tensor.dtype().bytes(shape.size()));
        if (isNumberOfTheEngine(tensor)) {
            NDArray stored = stored(tensor, firstElement, shape);
            return operations.toFloat32(copies.isPresent() ? operations.copyTo(manager, stored) : stored);
        }
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
        long bytes = Math.min(longestSlice, MAX_DECODED_BYTES);
        return (int) Math.max(1, Math.min(linear.outputs(), bytes / Float.BYTES / linear.inputs()));
    }

    /** Rows of a table with one row per index, such as the embedding, in float32: [indexes, columns]. */
    NDArray lookUp(String name, int[] indexes) {
        TensorInfo tensor = tensor(name);
        int columns = Math.toIntExact(tensor.shape().get(1));
        float[] values = new float[Math.multiplyExact(indexes.length, columns)];
        for (int i = 0; i < indexes.length; i++) {
            float[] row = checkpoint.floats(tensor, (long) indexes[i] * columns, columns, 1);
            System.arraycopy(row, 0, values, i * columns, columns);
        }
        bytesRead.accept(tensor.dtype().bytes(values.length));
        return manager.create(values, new Shape(indexes.length, columns));
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

    /** Has weights read that will be needed soon, in whatever parts. Returns at once. */
    void readAhead(Stream<Linear> linears) {
        readAhead.request(linears);
    }

    /** Has weights brought to where they will surely be multiplied as a whole. Returns at once. */
    void bringAhead(Stream<Linear> linears) {
        List<Linear> wanted = linears.toList();
        readAhead.request(wanted.stream());
        copies.ifPresent(given -> given.prepare(
                wanted.stream().flatMap(linear -> slices(linear).stream()).toList()));
    }

    /** How many parts of weights were to be brought ahead and have not been used. */
    int unusedCopies() {
        return copies.map(DeviceCopies::unused).orElse(0);
    }

    @Override
    public void close() {
        readAhead.close();
        copies.ifPresent(DeviceCopies::close);
        manager.close();
        host.close();
    }

    /** Over the mapped file. */
    private NDArray stored(TensorInfo tensor, long firstElement, Shape shape) {
        int size = tensor.dtype().bytes();
        ByteBuffer bytes = checkpoint.bytes(tensor, firstElement * size, shape.size() * size);
        return switch (tensor.dtype()) {
            case F64 -> host.create(bytes, shape, DataType.FLOAT64);
            case F32 -> host.create(bytes, shape, DataType.FLOAT32);
            case F16 -> host.create(bytes, shape, DataType.FLOAT16);
            // The engine's own way to make a bfloat16 array aborts the process.
            case BF16 -> operations.asBfloat16(host.create(bytes, shape, DataType.FLOAT16));
            default -> throw new IllegalArgumentException(tensor.name() + " has type " + tensor.dtype());
        };
    }

    /** Whether the engine can compute with what is stored, as it is. */
    private static boolean isNumberOfTheEngine(TensorInfo tensor) {
        return switch (tensor.dtype()) {
            case F64, F32, F16, BF16 -> tensor.scales().isEmpty();
            default -> false;
        };
    }

    /** In float32. Valid until the next array is decoded. */
    private NDArray decoded(TensorInfo tensor, long firstElement, Shape shape) {
        int length = Math.toIntExact(shape.size() * Float.BYTES);
        if (decoded.capacity() < length) {
            decoded = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
        }
        ByteBuffer bytes = decoded.slice(0, length).order(ByteOrder.nativeOrder());
        checkpoint.decode(tensor, firstElement, bytes.asFloatBuffer());
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
