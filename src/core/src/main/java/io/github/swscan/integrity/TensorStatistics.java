package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.report.Manifest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the numbers of a tensor are like, found in one go over its bytes. Of types of 16 bits or less it is counted how often
 * each pattern of bits occurs, and everything but the places follows from that.
 *
 * <p>Not for use by several threads.
 */
final class TensorStatistics {

    /** How many of the largest magnitudes are told. */
    private static final int LARGEST = 8;

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private final Checkpoint checkpoint;
    private final TensorInfo tensor;
    private final Numbers numbers;
    private final List<Place> largest = new ArrayList<>();
    private long done;

    /** Of an element, in row-major order. */
    private record Place(long element, float value) {

        private static final Comparator<Place> LARGEST_FIRST = Comparator.comparingDouble(
                        (Place place) -> -Math.abs((double) place.value))
                .thenComparingLong(Place::element);
    }

    private TensorStatistics(Checkpoint checkpoint, TensorInfo tensor) {
        this.checkpoint = checkpoint;
        this.tensor = tensor;
        this.numbers = switch (tensor.dtype()) {
            case F16, BF16 -> new Patterns(tensor.dtype(), 1 << Short.SIZE);
            case F8_E4M3, F8_E5M2 -> new Patterns(tensor.dtype(), 1 << Byte.SIZE);
            default -> new Moments();
        };
    }

    /** For a tensor whose elements are numbers by themselves; empty for others. */
    static Optional<TensorStatistics> of(Checkpoint checkpoint, TensorInfo tensor) {
        return tensor.dtype().isComputable() ? Optional.of(new TensorStatistics(checkpoint, tensor)) : Optional.empty();
    }

    /**
     * Takes in the next part.
     *
     * @param part whole elements, or blocks, little-endian; with an array
     */
    void accept(ByteBuffer part) {
        switch (tensor.dtype()) {
            case F16, BF16 -> shorts(part);
            case F8_E4M3, F8_E5M2 -> bytes(part);
            case F32 -> floats(part.asFloatBuffer());
            case F64 -> doubles(part);
            default -> blocks(part);
        }
    }

    private void shorts(ByteBuffer part) {
        Patterns patterns = (Patterns) numbers;
        byte[] array = part.array();
        int start = part.arrayOffset() + part.position();
        int count = part.remaining() / Short.BYTES;
        int[] even = patterns.counts[0];
        int[] odd = patterns.counts[1];
        int magnitude = patterns.magnitude;
        int threshold = threshold(patterns);
        for (int i = 0; i + 1 < count; i += 2) {
            int one = Short.toUnsignedInt((short) SHORTS.get(array, start + i * Short.BYTES));
            int other = Short.toUnsignedInt((short) SHORTS.get(array, start + (i + 1) * Short.BYTES));
            even[one]++;
            odd[other]++;
            if (Math.max(one & magnitude, other & magnitude) > threshold) {
                add(patterns, one, i);
                add(patterns, other, i + 1);
                threshold = threshold(patterns);
            }
        }
        if (count % 2 > 0) {
            int last = Short.toUnsignedInt((short) SHORTS.get(array, start + (count - 1) * Short.BYTES));
            even[last]++;
            add(patterns, last, count - 1);
        }
        patterns.counted(count);
        done += count;
    }

    private void add(Patterns patterns, int bits, int index) {
        if ((bits & patterns.magnitude) > threshold(patterns) && patterns.isFinite(bits)) {
            add(done + index, patterns.values[bits]);
        }
    }

    private void bytes(ByteBuffer part) {
        Patterns patterns = (Patterns) numbers;
        int count = part.remaining();
        int threshold = threshold(patterns);
        for (int i = 0; i < count; i++) {
            int bits = Byte.toUnsignedInt(part.get(part.position() + i));
            patterns.counts[i % 2][bits]++;
            if ((bits & patterns.magnitude) > threshold && patterns.isFinite(bits)) {
                add(done + i, patterns.values[bits]);
                threshold = threshold(patterns);
            }
        }
        patterns.counted(count);
        done += count;
    }

    /** The pattern of the smallest magnitude that is kept; magnitudes are in the order of their patterns. */
    private int threshold(Patterns patterns) {
        return largest.size() < LARGEST
                ? -1
                : patterns.pattern(largest.get(LARGEST - 1).value());
    }

    private void blocks(ByteBuffer part) {
        DType dtype = tensor.dtype();
        int count = part.remaining() / dtype.bytes() * dtype.blockElements();
        FloatBuffer decoded = FloatBuffer.allocate(count);
        checkpoint.decode(tensor, done, part.slice().order(ByteOrder.LITTLE_ENDIAN), decoded);
        floats(decoded.clear());
    }

    private void doubles(ByteBuffer part) {
        FloatBuffer values = FloatBuffer.allocate(part.remaining() / Double.BYTES);
        for (int i = 0; i < values.capacity(); i++) {
            values.put(i, (float) part.getDouble(part.position() + i * Double.BYTES));
        }
        floats(values);
    }

    private void floats(FloatBuffer values) {
        int count = values.remaining();
        ((Moments) numbers).add(values);
        float threshold = largest.size() < LARGEST
                ? -1
                : Math.abs(largest.get(LARGEST - 1).value());
        for (int i = 0; i < count; i++) {
            float value = values.get(values.position() + i);
            if (Math.abs(value) > threshold && Float.isFinite(value)) {
                add(done + i, value);
                threshold = largest.size() < LARGEST
                        ? -1
                        : Math.abs(largest.get(LARGEST - 1).value());
            }
        }
        done += count;
    }

    private void add(long element, float value) {
        largest.add(new Place(element, value));
        largest.sort(Place.LARGEST_FIRST);
        if (largest.size() > LARGEST) {
            largest.remove(LARGEST);
        }
    }

    /** What they are, once all parts have been taken in. */
    Manifest.Statistics result() {
        Summary summary = numbers.summary();
        List<Manifest.Extreme> extremes = largest.stream()
                .map(place -> new Manifest.Extreme(tensor.index(place.element()), place.value()))
                .toList();
        if (summary.finite() == 0) {
            return new Manifest.Statistics(
                    summary.nonFinite(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    extremes);
        }
        return new Manifest.Statistics(
                summary.nonFinite(),
                Optional.of(summary.minimum()),
                Optional.of(summary.maximum()),
                Optional.of(summary.mean()),
                Optional.of(Math.sqrt(summary.secondMoment())),
                summary.kurtosis(),
                extremes);
    }

    /** Moments are about 0. */
    private record Summary(
            long finite,
            long nonFinite,
            double minimum,
            double maximum,
            double mean,
            double secondMoment,
            double thirdMoment,
            double fourthMoment) {

        double variance() {
            return secondMoment - mean * mean;
        }

        Optional<Double> kurtosis() {
            double fourth = fourthMoment
                    - 4 * mean * thirdMoment
                    + 6 * mean * mean * secondMoment
                    - 3 * mean * mean * mean * mean;
            double kurtosis = fourth / (variance() * variance());
            return Optional.of(kurtosis).filter(number -> minimum < maximum && Double.isFinite(number));
        }
    }

    private sealed interface Numbers {
        Summary summary();
    }

    /** How often each pattern of bits occurs. */
    private static final class Patterns implements Numbers {

        /** So many may be counted before a table is emptied. */
        private static final int MOST_COUNTED = 1 << 30;

        private final int magnitude;
        private final float[] values;

        /** Neighbouring elements are counted apart: to add to what was just written takes several times as long. */
        private final int[][] counts;

        private final long[] totals;
        private int counted;

        Patterns(DType dtype, int patterns) {
            this.magnitude = patterns / 2 - 1;
            this.values = new float[patterns];
            this.counts = new int[2][patterns];
            this.totals = new long[patterns];
            ByteBuffer element = ByteBuffer.allocate(Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int bits = 0; bits < patterns; bits++) {
                values[bits] = dtype.floatAt(element.putShort(0, (short) bits), 0);
            }
        }

        /** Says that so many more have been counted. */
        void counted(int more) {
            counted += more;
            if (counted >= MOST_COUNTED) {
                empty();
            }
        }

        private void empty() {
            for (int[] table : counts) {
                for (int bits = 0; bits < totals.length; bits++) {
                    totals[bits] += table[bits];
                    table[bits] = 0;
                }
            }
            counted = 0;
        }

        boolean isFinite(int bits) {
            return Float.isFinite(values[bits]);
        }

        /** That of a magnitude, found by halving. */
        int pattern(float value) {
            float wanted = Math.abs(value);
            int low = 0;
            int high = magnitude;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (values[middle] < wanted) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        @Override
        public Summary summary() {
            Moments moments = new Moments();
            empty();
            for (int bits = 0; bits < values.length; bits++) {
                if (totals[bits] > 0) {
                    moments.add(values[bits], totals[bits]);
                }
            }
            return moments.summary();
        }
    }

    /** Sums of powers. */
    private static final class Moments implements Numbers {

        private long finite;
        private long nonFinite;
        private float minimum = Float.POSITIVE_INFINITY;
        private float maximum = Float.NEGATIVE_INFINITY;
        private double first;
        private double second;
        private double third;
        private double fourth;

        void add(float value, long count) {
            if (!Float.isFinite(value)) {
                nonFinite += count;
                return;
            }
            finite += count;
            minimum = Math.min(minimum, value);
            maximum = Math.max(maximum, value);
            double square = (double) value * value;
            first += count * (double) value;
            second += count * square;
            third += count * square * value;
            fourth += count * square * square;
        }

        /** Numbers one after the other, each part by itself first: then there is less to round. */
        void add(FloatBuffer values) {
            double sum1 = 0;
            double sum2 = 0;
            double sum3 = 0;
            double sum4 = 0;
            float low = minimum;
            float high = maximum;
            int count = values.remaining();
            int left = 0;
            for (int i = 0; i < count; i++) {
                float value = values.get(values.position() + i);
                if (!Float.isFinite(value)) {
                    left++;
                    continue;
                }
                low = Math.min(low, value);
                high = Math.max(high, value);
                double square = (double) value * value;
                sum1 += value;
                sum2 += square;
                sum3 += square * value;
                sum4 += square * square;
            }
            finite += count - left;
            nonFinite += left;
            minimum = low;
            maximum = high;
            first += sum1;
            second += sum2;
            third += sum3;
            fourth += sum4;
        }

        @Override
        public Summary summary() {
            double count = Math.max(1, finite);
            return new Summary(
                    finite, nonFinite, minimum, maximum, first / count, second / count, third / count, fourth / count);
        }
    }
}
