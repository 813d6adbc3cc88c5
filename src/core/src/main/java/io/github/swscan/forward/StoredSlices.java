package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.engine.SpareMemory;
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
    private final SpareMemory memory;
    private final Deque<Frame> idle = new ArrayDeque<>();
    private final List<Frame> frames = new ArrayList<>();
    private final SlicesAhead<Frame> slices;
    private volatile int longest = 1; // of what was announced, in bytes

    /** @param memory is taken from there, and given back at the end */
    StoredSlices(Checkpoint checkpoint, SpareMemory memory) {
        this.checkpoint = checkpoint;
        this.memory = memory;
        for (int i = 0; i < FRAMES; i++) {
            frames.add(new Frame());
        }
        idle.addAll(frames);
        this.slices = new SlicesAhead<>("weights-ahead", this::read, this::giveBack, slice -> 1, FRAMES - 1);
    }

    /** Announces slices, see {@link SlicesAhead#prepare}. */
    void prepare(List<WeightSlice> announced) {
        expect(announced);
        slices.prepare(announced);
    }

    /** Announces slices, see {@link SlicesAhead#prepareFirst}. */
    void prepareFirst(List<WeightSlice> announced) {
        expect(announced);
        slices.prepareFirst(announced);
    }

    /** Memory that has to grow grows once. */
    private void expect(List<WeightSlice> announced) {
        longest = announced.stream().mapToInt(this::length).reduce(longest, Math::max);
    }

    /** See {@link SlicesAhead#unused}. */
    int unused() {
        return slices.unused();
    }

    private TensorInfo tensor(WeightSlice slice) {
        return checkpoint.find(slice.linear().weight()).orElseThrow();
    }

    private int length(WeightSlice slice) {
        return Math.toIntExact(tensor(slice).dtype().bytes(slice.elements()));
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
        TensorInfo tensor = tensor(slice);
        Frame frame = idleFrame();
        try {
            checkpoint.read(tensor, tensor.dtype().bytes(slice.firstElement()), frame.ofLength(length(slice)));
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
    private final class Frame {

        private NDArray array = memory.take(1);
        private ByteBuffer content = array.toByteBuffer(true);

        /** What it holds from here on, to be filled. */
        private ByteBuffer ofLength(int length) {
            if (array.size() < length) {
                array.close();
                array = memory.take(Math.max(length, longest));
            }
            content = array.toByteBuffer(true).slice(0, length);
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
            memory.giveBack(array);
        }
    }
}
