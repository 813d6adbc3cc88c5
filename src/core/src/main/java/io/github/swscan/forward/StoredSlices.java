package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Slices of weights as they are stored, in memory of the engine: the one that is in use and, read meanwhile, the next. That
 * takes the memory of two slices, which is used again and again and grows to the size of the largest.
 */
final class StoredSlices implements AutoCloseable {

    private static final int FRAMES = 2;

    private final Checkpoint checkpoint;
    private final NDManager host;
    private final Deque<Frame> idle = new ArrayDeque<>();
    private final List<Frame> frames = new ArrayList<>();
    private final SlicesAhead<Frame> slices;

    /** @param host owns the memory */
    StoredSlices(Checkpoint checkpoint, NDManager host) {
        this.checkpoint = checkpoint;
        this.host = host;
        for (int i = 0; i < FRAMES; i++) {
            frames.add(new Frame());
        }
        idle.addAll(frames);
        this.slices = new SlicesAhead<>("weights-ahead", this::read, this::giveBack, slice -> 1, FRAMES - 1);
    }

    /** Where slices are announced. */
    SlicesAhead<Frame> ahead() {
        return slices;
    }

    /**
     * A slice: whole elements, or the whole blocks that hold them.
     *
     * @return direct, from index 0 on. Valid until the next call
     */
    ByteBuffer take(WeightSlice slice) {
        return slices.take(slice).content();
    }

    private Frame read(WeightSlice slice) {
        TensorInfo tensor = checkpoint.find(slice.linear().weight()).orElseThrow();
        DType dtype = tensor.dtype();
        Frame frame = idleFrame();
        try {
            ByteBuffer target = frame.ofLength(Math.toIntExact(dtype.bytes(slice.elements())));
            checkpoint.read(tensor, dtype.bytes(slice.firstElement()), target);
            return frame;
        } catch (RuntimeException | Error failure) {
            giveBack(frame);
            throw failure;
        }
    }

    private synchronized Frame idleFrame() {
        return idle.remove();
    }

    private synchronized void giveBack(Frame frame) {
        assert frame.spoil();
        idle.add(frame);
    }

    @Override
    public void close() {
        slices.close();
        frames.forEach(Frame::close);
    }

    /** Memory that one slice after the other is read into. */
    final class Frame {

        private NDArray memory = allocated(1);
        private ByteBuffer bytes = memory.toByteBuffer(true);
        private ByteBuffer content = bytes;

        private NDArray allocated(int length) {
            NDArray array = host.create(new Shape(length), DataType.UINT8);
            NDScope.unregister(array);
            return array;
        }

        /** What it holds from here on, to be filled. */
        private ByteBuffer ofLength(int length) {
            if (bytes.capacity() < length) {
                memory.close();
                memory = allocated(length);
                bytes = memory.toByteBuffer(true);
            }
            content = bytes.slice(0, length);
            return content.duplicate();
        }

        private ByteBuffer content() {
            return content;
        }

        /** Makes it hold no finite number: whoever uses a slice after its end shall notice where assertions are on. */
        private boolean spoil() {
            for (int i = 0; i < content.limit(); i++) {
                content.put(i, (byte) -1);
            }
            return true;
        }

        private void close() {
            memory.close();
        }
    }
}
