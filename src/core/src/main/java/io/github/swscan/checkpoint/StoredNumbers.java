package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.blocks.QuantizedBlocks;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.Scaling;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.MalformedInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The numbers that the bytes of tensors stand for: of each type as it is coded, and times the scales beside them.
 *
 * <p>Safe for use by several threads.
 */
final class StoredNumbers {
    private static final int DECODED_AT_ONCE = 1 << 16;

    /** In bytes: what is read along to save further readings. */
    private static final int WINDOW = 1 << 16;

    /** In bytes: how far apart single elements are worth a reading each. */
    private static final int FAR_APART = 1 << 12;

    private final Map<String, TensorInfo> tensors;
    private final StoredBytes source;
    private volatile Optional<LatestScaling> latestScaling = Optional.empty();

    /** The scales of one tensor. Only the latest is kept: all of a large model's would take memory by the gigabyte. */
    private record LatestScaling(TensorInfo tensor, Scaling scaling) {}

    /** @param tensors by name, those that hold scales among them */
    StoredNumbers(Map<String, TensorInfo> tensors, StoredBytes source) {
        this.tensors = tensors;
        this.source = source;
    }

    /** The same numbers of other bytes. */
    StoredNumbers readFrom(StoredBytes other) {
        return new StoredNumbers(tensors, other);
    }

    /** The scale beside a tensor that an element is multiplied with. */
    float scale(TensorInfo tensor, long element) {
        return scaling(tensor).of(element);
    }

    /** What {@link Checkpoint#floats} promises. */
    float[] floats(TensorInfo tensor, long first, int count, long stride) {
        if (first < 0 || count < 0 || stride < 0 || !has(tensor, first, count, stride)) {
            throw new IllegalArgumentException(
                    "no %d elements from %d on, each %d apart".formatted(count, first, stride));
        }
        float[] values = tensor.dtype().isInBlocks()
                ? floatsInBlocks(tensor, first, count, stride)
                : floatsOneByOne(tensor, first, count, stride);
        if (tensor.scales().isPresent()) {
            scaling(tensor).apply(values, first, stride);
        }
        return values;
    }

    /** Whether elements are within a tensor; none may also be asked for at its end. */
    private static boolean has(TensorInfo tensor, long first, int count, long stride) {
        long left = tensor.elements() - first;
        return count == 0 ? left >= 0 : left > 0 && (stride == 0 || count - 1 <= (left - 1) / stride);
    }

    private float[] floatsOneByOne(TensorInfo tensor, long first, int count, long stride) {
        DType dtype = tensor.dtype();
        int size = dtype.bytes();
        long step = Math.multiplyExact(stride, size);
        int together = step > FAR_APART ? 1 : (int) Math.min(count, 1 + (WINDOW - size) / Math.max(1, step));
        ByteBuffer window = ByteBuffer.allocate((int) (Math.max(0, together - 1) * step) + size)
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[count];
        for (int done = 0; done < count; done += together) {
            int next = Math.min(together, count - done);
            window.clear().limit((int) ((next - 1) * step) + size);
            source.read(
                    tensor, Math.multiplyExact(Math.addExact(first, Math.multiplyExact(done, stride)), size), window);
            dtype.read(window.flip(), step, values, done, next);
        }
        return values;
    }

    private float[] floatsInBlocks(TensorInfo tensor, long first, int count, long stride) {
        if (stride == 1 && count > 0) {
            int blockElements = tensor.dtype().blockElements();
            int before = (int) (first % blockElements);
            float[] blocks = blocks(tensor, first - before, before + count);
            return blocks.length == count ? blocks : Arrays.copyOfRange(blocks, before, before + count);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = floatsInBlocks(tensor, Math.addExact(first, Math.multiplyExact(i, stride)), 1, 1)[0];
        }
        return values;
    }

    /** All elements of the blocks that hold some elements, the first of which begins a block. */
    private float[] blocks(TensorInfo tensor, long first, int count) {
        DType dtype = tensor.dtype();
        int blocks = Math.toIntExact(Scaling.parts(count, dtype.blockElements()));
        byte[] bytes = new byte[Math.multiplyExact(blocks, dtype.bytes())];
        source.read(tensor, dtype.bytes(first), ByteBuffer.wrap(bytes));
        float[] values = new float[Math.multiplyExact(blocks, dtype.blockElements())];
        QuantizedBlocks.decode(dtype, bytes, values);
        return values;
    }

    /** What {@link Checkpoint#decode} promises. */
    void decode(TensorInfo tensor, long first, ByteBuffer stored, FloatBuffer target) {
        DType dtype = tensor.dtype();
        int count = target.limit();
        if (first % dtype.blockElements() != 0 || count % dtype.blockElements() != 0) {
            throw new IllegalArgumentException("no whole blocks: %d elements from %d on".formatted(count, first));
        }
        ByteBuffer bytes = stored.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        Optional<Scaling> scaling = tensor.scales().map(scales -> scaling(tensor));
        IntStream.range(0, (int) Scaling.parts(count, DECODED_AT_ONCE))
                .parallel()
                .forEach(part -> {
                    int start = part * DECODED_AT_ONCE;
                    float[] values = new float[Math.min(DECODED_AT_ONCE, count - start)];
                    decode(dtype, bytes, start, values);
                    scaling.ifPresent(scales -> scales.apply(values, first + start, 1));
                    target.put(start, values);
                });
    }

    private static void decode(DType dtype, ByteBuffer stored, int start, float[] values) {
        int from = (int) dtype.bytes(start);
        if (dtype.isInBlocks()) {
            byte[] blocks = new byte[(int) dtype.bytes(values.length)];
            stored.get(from, blocks);
            QuantizedBlocks.decode(dtype, blocks, values);
        } else {
            int length = values.length * dtype.bytes();
            dtype.read(
                    stored.slice(from, length).order(ByteOrder.LITTLE_ENDIAN), dtype.bytes(), values, 0, values.length);
        }
    }

    private Scaling scaling(TensorInfo tensor) {
        Optional<LatestScaling> latest =
                latestScaling.filter(known -> known.tensor().equals(tensor));
        if (latest.isPresent()) {
            return latest.get().scaling();
        }
        TensorInfo.Scales scales = tensor.scales().orElseThrow();
        TensorInfo values = tensors.get(scales.tensor());
        float[] numbers = values.dtype() == DType.F8_E8M0 || values.dtype() == DType.U8
                ? powersOfTwo(values)
                : floats(values, 0, Math.toIntExact(values.elements()), 1);
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                throw new MalformedInputException(
                        values.file(), values.name(), "holds the scale " + number, "download the file again");
            }
        }
        Scaling scaling = new Scaling(tensor.shape(), scales, numbers);
        latestScaling = Optional.of(new LatestScaling(tensor, scaling));
        return scaling;
    }

    /** Scales that are exponents, 127 standing for one; the last exponent stands for NaN. */
    private float[] powersOfTwo(TensorInfo scales) {
        ByteBuffer exponents = ByteBuffer.allocate(Math.toIntExact(scales.bytes()));
        source.read(scales, 0, exponents);
        float[] powers = new float[exponents.capacity()];
        for (int i = 0; i < powers.length; i++) {
            int exponent = Byte.toUnsignedInt(exponents.get(i));
            powers[i] = exponent == 255 ? Float.NaN : Math.scalb(1f, exponent - 127);
        }
        return powers;
    }
}
