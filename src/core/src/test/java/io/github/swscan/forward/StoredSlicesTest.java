package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.fixture.LentEngine;
import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.fixture.StoredBytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class StoredSlicesTest {

    private static final int ROW = 4 * 3;

    @LentEngine
    private static TorchEngine engine;

    private final ReferenceCheckpoint.Described model =
            ReferenceCheckpoint.named("reference/llama").described();
    private final Linear linear = model.architecture().languageHead().vocabulary();

    @Test
    void holdWhatTheFileHolds() {
        ByteBuffer whole = StoredBytes.of(
                model.checkpoint(), model.checkpoint().find(linear.weight()).orElseThrow());
        int columns = linear.inputs() * Float.BYTES;
        List<WeightSlice> slices = LongStream.range(0, linear.outputs() / ROW)
                .mapToObj(part -> new WeightSlice(linear, part * ROW, ROW, (long) ROW * columns))
                .toList();
        assertThat(slices).hasSizeGreaterThan(3);
        try (StoredSlices stored = new StoredSlices(model.checkpoint(), engine.spareMemory())) {
            stored.prepare(slices);
            for (WeightSlice slice : slices) {
                assertThat(stored.take(slice)).isEqualTo(whole.slice((int) slice.firstRow() * columns, ROW * columns));
            }
        }
    }

    /** So every test of what a pass computes also tells that nothing uses a slice after its end. */
    @Test
    void areGarbageAfterTheirEnd() {
        try (StoredSlices stored = new StoredSlices(model.checkpoint(), engine.spareMemory())) {
            ByteBuffer first = stored.take(slice(0, 2));
            assertThat(first.get(0)).isNotEqualTo((byte) -1);
            ByteBuffer second = stored.take(slice(2, 1));
            ByteBuffer kept = second.duplicate();

            stored.take(slice(3, 1));

            assertThat(kept.getInt(0)).isEqualTo(-1);
        }
    }

    @Test
    void leaveTheirMemoryToTheNext() {
        List<WeightSlice> announced = List.of(slice(0, 1), slice(1, 7), slice(8, 2));
        try (StoredSlices stored = new StoredSlices(model.checkpoint(), engine.spareMemory())) {
            stored.prepare(announced);
            announced.forEach(stored::take);
        }
        NDArray left = engine.spareMemory().take(1);
        try (StoredSlices stored = new StoredSlices(model.checkpoint(), engine.spareMemory())) {
            stored.take(slice(0, 7));
        } finally {
            engine.spareMemory().giveBack(left);
        }

        assertThat(left.size()).isGreaterThanOrEqualTo(slice(1, 7).bytes());
    }

    private WeightSlice slice(int firstRow, int rows) {
        return new WeightSlice(linear, firstRow, rows, (long) rows * linear.inputs() * Float.BYTES);
    }
}
