package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Finds the bits of a checkpoint's files that a single element follows from: those of its number or its code, and those of the
 * scales and zero points that it is decoded with. It is decoded again and again with other bits in the place of those that
 * are stored; where its value is another then, they are among them. So it holds for every way of storing numbers.
 *
 * <p>Not for use by several threads.
 */
final class DecidingBits {

    /**
     * All bits of a byte in four turns. Of a part of a file all bytes are changed alike: two bits at a time leave most numbers
     * what decoders accept.
     */
    private static final int[] TURNS = {0x11, 0x22, 0x44, 0x88};

    private static final int ALL = 0xFF;

    private final StoredBytes bytes;
    private final StoredNumbers numbers;
    private final TensorInfo tensor;
    private final long element;
    private final int value;

    private DecidingBits(StoredBytes bytes, StoredNumbers numbers, TensorInfo tensor, long element) {
        this.bytes = bytes;
        this.numbers = numbers;
        this.tensor = tensor;
        this.element = element;
        this.value = value((read, from, target, start) -> {});
    }

    /**
     * Those of an element.
     *
     * @param element of a tensor of a computable type, in row-major order
     * @return byte by byte, in the order in which they lie in each file
     */
    static List<Checkpoint.FileBits> of(StoredBytes bytes, StoredNumbers numbers, TensorInfo tensor, long element) {
        DecidingBits search = new DecidingBits(bytes, numbers, tensor, element);
        Map<Path, NavigableMap<Long, ByteBits>> found = new LinkedHashMap<>();
        for (Map.Entry<TensorInfo, NavigableMap<Long, Long>> read :
                search.read().entrySet()) {
            read.getValue().forEach((from, end) -> search.search(read.getKey(), from, end, found));
        }
        return found.entrySet().stream()
                .flatMap(file ->
                        file.getValue().values().stream().map(bits -> new Checkpoint.FileBits(file.getKey(), bits)))
                .toList();
    }

    /** What of which tensor in a file is read to decode the element: from where to where, parts that overlap as one. */
    private Map<TensorInfo, NavigableMap<Long, Long>> read() {
        Map<TensorInfo, NavigableMap<Long, Long>> read = new LinkedHashMap<>();
        value((part, from, target, start) -> {
            if (part.codes().isEmpty() && part.pieces().isEmpty()) {
                join(read.computeIfAbsent(part, first -> new TreeMap<>()), from, from + target.position() - start);
            }
        });
        return read;
    }

    private static void join(NavigableMap<Long, Long> parts, long from, long end) {
        long first = from;
        long last = end;
        Map.Entry<Long, Long> other = parts.floorEntry(last);
        while (other != null && other.getValue() >= first) {
            first = Math.min(first, other.getKey());
            last = Math.max(last, other.getValue());
            parts.remove(other.getKey());
            other = parts.floorEntry(last);
        }
        parts.put(first, last);
    }

    /** Halves a part until single bytes are left, and leaves halves alone that nothing follows from. */
    private void search(TensorInfo part, long from, long end, Map<Path, NavigableMap<Long, ByteBits>> found) {
        if (end - from > 1) {
            if (isDeciding(part, from, end)) {
                long middle = (from + end) / 2;
                search(part, from, middle, found);
                search(part, middle, end, found);
            }
            return;
        }
        int mask = isPlain() ? ALL : mask(part, from);
        if (mask != 0) {
            int unit = part.dtype().bytes();
            long first = from / unit * unit;
            ByteBuffer stored = ByteBuffer.allocate(unit);
            bytes.read(part, first, stored);
            if (isOneNumber(part)) {
                for (int i = 0; i < unit; i++) {
                    keep(part.byteAt(first + i), ALL, stored.get(i), found);
                }
            } else {
                keep(part.byteAt(from), mask, stored.get((int) (from - first)), found);
            }
        }
    }

    private static void keep(
            TensorInfo.Place place, int mask, byte stored, Map<Path, NavigableMap<Long, ByteBits>> found) {
        found.computeIfAbsent(place.file(), file -> new TreeMap<>())
                .put(place.offset(), new ByteBits(place.offset(), mask, stored & mask));
    }

    /**
     * Whether the bytes of an element, or of a block, stand for one thing: a number, whose lowest bits may be rounded away one by
     * one, or numbers that have no codes of their own.
     */
    private static boolean isOneNumber(TensorInfo part) {
        DType dtype = part.dtype();
        return dtype.isInBlocks() ? StoredCodes.of(part).isEmpty() : dtype.isComputable();
    }

    /** Whether the element is the only thing that its bytes stand for. */
    private boolean isPlain() {
        return !tensor.isQuantized() && tensor.scales().isEmpty();
    }

    private boolean isDeciding(TensorInfo part, long from, long end) {
        if (isPlain()) {
            return true;
        }
        boolean refused = true;
        for (int turn : TURNS) {
            Turned turned = turned(part, from, end, turn);
            if (turned == Turned.ANOTHER) {
                return true;
            }
            refused &= turned == Turned.REFUSED;
        }
        return refused;
    }

    /** Bits that are refused count where others of their byte do: else it is another element's that cannot be decoded. */
    private int mask(TensorInfo part, long index) {
        int another = 0;
        int refused = 0;
        for (int bit = 0; bit < Byte.SIZE; bit++) {
            switch (turned(part, index, index + 1, 1 << bit)) {
                case ANOTHER -> another |= 1 << bit;
                case REFUSED -> refused |= 1 << bit;
                case SAME -> {}
            }
        }
        return another == 0 ? 0 : another | refused;
    }

    /** What becomes of the element's value. */
    private enum Turned {
        SAME,
        ANOTHER,
        /** What stands there then is no scale or index. */
        REFUSED
    }

    /** What becomes of it with some bits turned in each byte of a part. */
    private Turned turned(TensorInfo part, long from, long end, int bits) {
        try {
            int other = value((read, first, target, start) -> {
                if (read.equals(part)) {
                    turn(target, start, first, from, end, bits);
                }
            });
            return other == value ? Turned.SAME : Turned.ANOTHER;
        } catch (InputException | ArithmeticException | IndexOutOfBoundsException nonsense) {
            return Turned.REFUSED;
        }
    }

    private static void turn(ByteBuffer read, int start, long first, long from, long end, int turned) {
        long last = Math.min(end - first, read.position() - start);
        for (long at = Math.max(0, from - first); at < last; at++) {
            int index = start + (int) at;
            read.put(index, (byte) (read.get(index) ^ turned));
        }
    }

    private int value(StoredBytes.Overlay overlay) {
        return Float.floatToRawIntBits(numbers.readFrom(bytes.with(overlay)).floats(tensor, element, 1, 1)[0]);
    }
}
