package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.architecture.Linear;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.DType;
import io.github.swscan.checkpoint.TensorInfo;
import io.github.swscan.engine.Operations;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * A checkpoint's tensors as arrays of the engine.
 *
 * <p>A matrix that is stored in the number format it is multiplied in is not copied: the array lies over the mapped
 * file. Any other is converted into one buffer, which the next matrix uses again.
 */
final class Weights implements AutoCloseable {

    /** Decoded numbers take memory of their own, unlike those that lie in the mapped file. */
    private static final long MAX_DECODED_BYTES = 1L << 28;

    private final Checkpoint checkpoint;
    private final Operations operations;
    private final NDManager manager;
    private final Precision precision;
    private final LongConsumer bytesRead;
    private final long longestSlice;
    private final ReadAhead readAhead;
    private NDArray buffer;
    private ByteBuffer decoded = ByteBuffer.allocateDirect(0);

    /** @param longestSlice how many bytes of a tensor are taken at once, at most {@link Checkpoint#MAX_SLICE} */
    Weights(Checkpoint checkpoint, TorchEngine engine, Precision precision, LongConsumer bytesRead, long longestSlice) {
        this.checkpoint = checkpoint;
        this.longestSlice = longestSlice;
        this.readAhead = new ReadAhead(checkpoint);
        this.operations = engine.operations();
        this.manager = engine.manager().newSubManager();
        this.precision = precision;
        this.bytesRead = bytesRead;
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
        long columns = storedColumns(linear);
        long firstElement = linear.firstElement() + firstRow * columns;
        Shape shape = new Shape(rows, columns);
        if (!isNumberOfTheEngine(tensor)) {
            NDArray decoded = decoded(tensor, firstElement, shape);
            return precision == Precision.FP32 ? decoded : operations.copyInto(bufferOf(rows * columns), decoded);
        }
        NDArray stored = stored(tensor, firstElement, shape);
        return isStoredInPrecision(tensor.dtype()) ? stored : operations.copyInto(bufferOf(rows * columns), stored);
    }

    /** How many stored rows of W one call of {@link #matrix} may ask for. */
    long rowsPerSlice(Linear linear) {
        TensorInfo tensor = tensor(linear.weight());
        long elements = isNumberOfTheEngine(tensor)
                ? longestSlice / tensor.dtype().bytes()
                : Math.min(longestSlice, MAX_DECODED_BYTES) / Float.BYTES;
        return Math.max(1, elements / storedColumns(linear));
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
        long first = (long) linear.stackIndex().orElse(0) * linear.outputs();
        return float32(tensor, first, new Shape(linear.outputs()));
    }

    /** A whole tensor in float32, its entries one after the other. */
    NDArray vector(String name) {
        TensorInfo tensor = tensor(name);
        return float32(tensor, 0, new Shape(tensor.elements()));
    }

    private NDArray float32(TensorInfo tensor, long firstElement, Shape shape) {
        if (isNumberOfTheEngine(tensor)) {
            return operations.toFloat32(stored(tensor, firstElement, shape));
        }
        int count = Math.toIntExact(shape.size());
        bytesRead.accept(tensor.dtype().bytes(count));
        return manager.create(checkpoint.floats(tensor, firstElement, count, 1), shape);
    }

    /** The values of single rows of a linear map's W (one row per output channel), rounded as the run rounds them. */
    float[][] rows(Linear linear, int[] rows) {
        TensorInfo tensor = tensor(linear.weight());
        float[][] values = new float[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            values[i] = switch (linear.layout()) {
                case OUTPUT_BY_INPUT -> checkpoint.floats(tensor, linear.elementIndex(rows[i], 0), linear.inputs(), 1);
                case INPUT_BY_OUTPUT ->
                    checkpoint.floats(tensor, linear.elementIndex(rows[i], 0), linear.inputs(), linear.outputs());
            };
            round(values[i]);
        }
        return values;
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

    /** Has weights read that will be needed soon. Returns at once. */
    void readAhead(Stream<Linear> linears) {
        readAhead.request(linears);
    }

    @Override
    public void close() {
        readAhead.close();
        manager.close();
    }

    /** Over the mapped file. */
    private NDArray stored(TensorInfo tensor, long firstElement, Shape shape) {
        int size = tensor.dtype().bytes();
        long length = shape.size() * size;
        bytesRead.accept(length);
        ByteBuffer bytes = checkpoint.bytes(tensor, firstElement * size, length);
        return switch (tensor.dtype()) {
            case F64 -> manager.create(bytes, shape, DataType.FLOAT64);
            case F32 -> manager.create(bytes, shape, DataType.FLOAT32);
            case F16 -> manager.create(bytes, shape, DataType.FLOAT16);
            // The engine's own way to make a bfloat16 array aborts the process.
            case BF16 -> operations.asBfloat16(manager.create(bytes, shape, DataType.FLOAT16));
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
        bytesRead.accept(tensor.dtype().bytes(shape.size()));
        int length = Math.toIntExact(shape.size() * Float.BYTES);
        if (decoded.capacity() < length) {
            decoded = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
        }
        ByteBuffer bytes = decoded.slice(0, length).order(ByteOrder.nativeOrder());
        checkpoint.decode(tensor, firstElement, bytes.asFloatBuffer());
        return manager.create(bytes, shape, DataType.FLOAT32);
    }

    private boolean isStoredInPrecision(DType dtype) {
        return switch (precision) {
            case FP32 -> dtype == DType.F32;
            case BF16 -> dtype == DType.BF16;
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
        return checkpoint.floats(tensor(linear.weight()), linear.elementIndex(row, column), 1, 1)[0];
    }
}
