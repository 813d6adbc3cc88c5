package io.github.swscan.forward;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
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
    private final Linear linear = model.architecture().head().vocabulary();

    @Test
    void holdWhatTheFileHolds() {
        ByteBuffer whole = StoredBytes.of(
                model.checkpoint(), model.checkpoint().find(linear.weight()).orElseThrow());
        int columns = linear.inputs() * Float.BYTES;
        List<WeightSlice> slices = LongStream.range(0, linear.outputs() / ROW)
                .mapToObj(part -> new WeightSlice(linear, part * ROW, ROW, (long) ROW * columns))
                .toList();
        assertThat(slices).hasSizeGreaterThan(3);
        try (NDManager host = engine.host().newSubManager();
                StoredSlices stored = new StoredSlices(model.checkpoint(), host)) {
            stored.ahead().prepare(slices);
            for (WeightSlice slice : slices) {
                assertThat(stored.take(slice)).isEqualTo(whole.slice((int) slice.firstRow() * columns, ROW * columns));
            }
        }
    }

    /** So every test of what a pass computes also tells that nothing uses a slice after its end. */
    @Test
    void areGarbageAfterTheirEnd() {
        try (NDManager host = engine.host().newSubManager();
                StoredSlices stored = new StoredSlices(model.checkpoint(), host)) {
            ByteBuffer first = stored.take(slice(0, 2));
            assertThat(first.get(0)).isNotEqualTo((byte) -1);
            ByteBuffer second = stored.take(slice(2, 1));
            ByteBuffer kept = second.duplicate();

            stored.take(slice(3, 1));

            assertThat(kept.getInt(0)).isEqualTo(-1);
        }
    }

    @Test
    void takeTheMemoryOfTwo() {
        try (NDManager host = engine.host().newSubManager();
                StoredSlices stored = new StoredSlices(model.checkpoint(), host)) {
            for (int round = 0; round < 5; round++) {
                stored.ahead().prepare(List.of(slice(0, 1), slice(1, 7), slice(8, 2)));
                stored.take(slice(0, 1));
                stored.take(slice(1, 7));
                stored.take(slice(8, 2));
                stored.take(slice(10, 3));
                assertThat(host.getManagedArrays()).hasSize(2);
            }
        }
        assertThat(engine.host().getManagedArrays()).isEmpty();
    }

    private WeightSlice slice(int firstRow, int rows) {
        return new WeightSlice(linear, firstRow, rows, (long) rows * linear.inputs() * Float.BYTES);
    }
}
