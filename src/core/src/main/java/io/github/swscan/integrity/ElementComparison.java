package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.VerificationReport.Change;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Which elements of a tensor are others than in another checkpoint, where both are stored alike. */
final class ElementComparison {

    private static final int AT_ONCE = 1 << 20;

    private final Checkpoint before;
    private final TensorInfo tensorBefore;
    private final Checkpoint now;
    private final TensorInfo tensorNow;

    private long elements;
    private long first = -1;
    private Optional<Float> firstBefore = Optional.empty();
    private Optional<Float> firstNow = Optional.empty();
    private double largest;

    private ElementComparison(Checkpoint before, TensorInfo tensorBefore, Checkpoint now, TensorInfo tensorNow) {
        this.before = before;
        this.tensorBefore = tensorBefore;
        this.now = now;
        this.tensorNow = tensorNow;
    }

    /** Whether two tensors can be held against each other byte by byte. */
    static boolean areAlike(TensorInfo one, TensorInfo other) {
        return one.dtype() == other.dtype() && one.shape().equals(other.shape());
    }

    /**
     * Compares two tensors that are {@link #areAlike alike}.
     *
     * @param read is told how many bytes were read of each, again and again
     * @return empty if all elements are the same, bit for bit
     */
    static Optional<Change> of(
            Checkpoint before, TensorInfo tensorBefore, Checkpoint now, TensorInfo tensorNow, LongConsumer read) {
        ElementComparison comparison = new ElementComparison(before, tensorBefore, now, tensorNow);
        int unit = tensorNow.dtype().bytes();
        int atOnce = AT_ONCE / unit * unit;
        ByteBuffer old = ByteBuffer.allocate(atOnce).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer present = ByteBuffer.allocate(atOnce).order(ByteOrder.LITTLE_ENDIAN);
        for (long done = 0; done < tensorNow.bytes(); done += present.limit()) {
            int length = (int) Math.min(atOnce, tensorNow.bytes() - done);
            before.read(tensorBefore, done, old.clear().limit(length));
            now.read(tensorNow, done, present.clear().limit(length));
            comparison.accept(done / unit, old.flip(), present.flip());
            read.accept(length);
        }
        return comparison.result();
    }

    private void accept(long firstUnit, ByteBuffer old, ByteBuffer present) {
        int unit = tensorNow.dtype().bytes();
        int from = 0;
        int end = present.limit();
        while (true) {
            int mismatch = old.slice(from, end - from).mismatch(present.slice(from, end - from));
            if (mismatch < 0) {
                return;
            }
            int at = (from + mismatch) / unit;
            differ(firstUnit + at, old, present, at * unit);
            from = (at + 1) * unit;
        }
    }

    /** A unit is an element, or a block of them. */
    private void differ(long unit, ByteBuffer old, ByteBuffer present, int at) {
        int inUnit = tensorNow.dtype().blockElements();
        float[] valuesBefore = values(before, tensorBefore, old, at, unit);
        float[] valuesNow = values(now, tensorNow, present, at, unit);
        if (valuesNow.length == 0) {
            elements++;
            first = first < 0 ? unit * inUnit : first;
            return;
        }
        for (int i = 0; i < valuesNow.length; i++) {
            boolean isPlain = valuesNow.length == 1;
            if (isPlain || Float.floatToRawIntBits(valuesBefore[i]) != Float.floatToRawIntBits(valuesNow[i])) {
                elements++;
                largest = Math.max(largest, Math.abs((double) valuesNow[i] - valuesBefore[i]));
                if (first < 0) {
                    first = unit * inUnit + i;
                    firstBefore = Optional.of(valuesBefore[i]);
                    firstNow = Optional.of(valuesNow[i]);
                }
            }
        }
    }

    /** None where elements are no numbers by themselves. */
    private static float[] values(Checkpoint checkpoint, TensorInfo tensor, ByteBuffer bytes, int at, long unit) {
        if (!tensor.dtype().isComputable()) {
            return new float[0];
        }
        return tensor.dtype().isInBlocks()
                ? checkpoint.floats(
                        tensor,
                        unit * tensor.dtype().blockElements(),
                        tensor.dtype().blockElements(),
                        1)
                : new float[] {tensor.dtype().floatAt(bytes, at)};
    }

    private Optional<Change> result() {
        return first < 0
                ? Optional.empty()
                : Optional.of(new Change(
                        elements,
                        tensorNow.elements(),
                        tensorNow.index(first),
                        firstBefore,
                        firstNow,
                        Optional.of(largest)
                                .filter(difference -> firstNow.isPresent() && Double.isFinite(difference))));
    }
}
