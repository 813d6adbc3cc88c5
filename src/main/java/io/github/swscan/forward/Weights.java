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
import java.util.function.LongConsumer;

/**
 * A checkpoint's tensors as arrays of the engine.
 *
 * <p>A matrix that is stored in the number format it is multiplied in is not copied: the array lies over the mapped
 * file. Any other is converted into one buffer, which the next matrix uses again.
 */
final class Weights implements AutoCloseable {

    private final Checkpoint checkpoint;
    private final Operations operations;
    private final NDManager manager;
    private final Precision precision;
    private final LongConsumer bytesRead;
    private final long longestSlice;
    private NDArray buffer;

    /** @param longestSlice how many bytes of a tensor are taken at once, at most {@link Checkpoint#MAX_SLICE} */
    Weights(Checkpoint checkpoint, TorchEngine engine, Precision precision, LongConsumer bytesRead, long longestSlice) {
        this.checkpoint = checkpoint;
        this.longestSlice = longestSlice;
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
        NDArray stored = stored(tensor, linear.firstElement() + firstRow * columns, new Shape(rows, columns));
        if (isStoredInPrecision(tensor.dtype())) {
            return stored;
        }
        return operations.copyInto(bufferOf(rows * columns), stored);
    }

    /** How many stored rows of W one call of {@link #matrix} may ask for. */
    long rowsPerSlice(Linear linear) {
        return Math.max(
                1,
                longestSlice
                        / (storedColumns(linear)
                                * tensor(linear.weight()).dtype().bytes()));
    }

    private static long storedColumns(Linear linear) {
        return switch (linear.layout()) {
            case OUTPUT_BY_INPUT -> linear.inputs();
            case INPUT_BY_OUTPUT -> linear.outputs();
        };
    }

    /** The bias of a linear map that has one, in float32 [outputs]. */
    NDArray bias(Linear linear) {
        TensorInfo tensor = tensor(linear.bias().orElseThrow());
        long first = (long) linear.stackIndex().orElse(0) * linear.outputs();
        return operations.toFloat32(stored(tensor, first, new Shape(linear.outputs())));
    }

    /** A whole tensor in float32, its entries one after the other. */
    NDArray vector(String name) {
        TensorInfo tensor = tensor(name);
        return operations.toFloat32(stored(tensor, 0, new Shape(tensor.elements())));
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
        bytesRead.accept((long) values.length * tensor.dtype().bytes());
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

    @Override
    public void close() {
        manager.close();
    }

    private NDArray stored(TensorInfo tensor, long firstElement, Shape shape) {
        int size = tensor.dtype().bytes();
        long length = shape.size() * size;
        bytesRead.accept(length);
        var bytes = checkpoint.bytes(tensor, firstElement * size, length);
        return switch (tensor.dtype()) {
            case F64 -> manager.create(bytes, shape, DataType.FLOAT64);
            case F32 -> manager.create(bytes, shape, DataType.FLOAT32);
            case F16 -> manager.create(bytes, shape, DataType.FLOAT16);
            // The engine's own way to make a bfloat16 array aborts the process.
            case BF16 -> operations.asBfloat16(manager.create(bytes, shape, DataType.FLOAT16));
            default -> throw new IllegalArgumentException(tensor.name() + " has type " + tensor.dtype());
        };
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
