package io.github.swscan.checkpoint.tensor;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Where the code of an element lies: in a tensor's bytes, in the order in which they are read.
 *
 * @param tensor that holds it
 * @param fields its bits, the lowest first; more than one where they are kept apart
 * @param signed whether the highest bit is that of the sign (two's complement)
 */
public record CodePlace(TensorInfo tensor, List<BitField> fields, boolean signed) {

    public CodePlace {
        fields = List.copyOf(fields);
        if (fields.isEmpty()) {
            throw new IllegalArgumentException("a code has bits");
        }
    }

    /** Bits that lie next to each other. */
    public static CodePlace of(TensorInfo tensor, long first, int bits) {
        return new CodePlace(tensor, List.of(new BitField(first, bits)), false);
    }

    /** The same with a sign. */
    public CodePlace withSign() {
        return new CodePlace(tensor, fields, true);
    }

    /** How many bits the code has. */
    public int bits() {
        return fields.stream().mapToInt(BitField::count).sum();
    }

    /** The byte, word or block that holds the code's lowest bit. */
    public TensorInfo.Place place() {
        return tensor.place(
                unit(fields.get(0).first() / Byte.SIZE) * tensor.dtype().blockElements());
    }

    private long unit(long index) {
        return index / tensor.dtype().bytes();
    }

    /** Where a byte of the tensor lies, counted in bytes from the start of the file. */
    private long inFile(long index) {
        TensorInfo.Place unit = tensor.place(unit(index) * tensor.dtype().blockElements());
        return unit.offset() + index % tensor.dtype().bytes();
    }

    /** The code's bits in the file, the lowest first: counted from the byte at {@link #place}. */
    public List<BitField> bitsFromPlace() {
        long origin = place().offset();
        List<BitField> found = new ArrayList<>();
        for (BitField field : fields) {
            for (long bit = field.first(); bit < field.first() + field.count(); bit++) {
                long at = (inFile(bit / Byte.SIZE) - origin) * Byte.SIZE + bit % Byte.SIZE;
                int last = found.size() - 1;
                if (last >= 0 && found.get(last).first() + found.get(last).count() == at) {
                    found.set(
                            last,
                            new BitField(
                                    found.get(last).first(), found.get(last).count() + 1));
                } else {
                    found.add(new BitField(at, 1));
                }
            }
        }
        return found;
    }

    /** The bits of a code in the bytes of the tensor, in their order. */
    public List<ByteBits> bytes(int code) {
        TreeMap<Long, ByteBits> bytes = new TreeMap<>();
        int rest = code;
        for (BitField field : fields) {
            for (long bit = field.first(); bit < field.first() + field.count(); bit++) {
                int shift = (int) (bit % Byte.SIZE);
                bytes.merge(
                        bit / Byte.SIZE, new ByteBits(bit / Byte.SIZE, 1 << shift, (rest & 1) << shift), ByteBits::and);
                rest >>>= 1;
            }
        }
        return List.copyOf(bytes.values());
    }

    /** The same in the bytes of the file. */
    public List<ByteBits> bytesOfFile(int code) {
        return bytes(code).stream().map(bits -> bits.at(inFile(bits.index()))).toList();
    }

    /** The code that is stored, as bits without a sign. */
    public int read(Codes.Stored stored) {
        int code = 0;
        int taken = 0;
        for (BitField field : fields) {
            for (long bit = field.first(); bit < field.first() + field.count(); bit++) {
                ByteBuffer holder = ByteBuffer.allocate(tensor.dtype().bytes());
                int size = holder.capacity();
                stored.read(tensor, bit / Byte.SIZE / size * size, holder);
                int holding = holder.get((int) (bit / Byte.SIZE % size));
                code |= ((holding >>> (bit % Byte.SIZE)) & 1) << taken;
                taken++;
            }
        }
        return code;
    }

    /** The number that a code's bits are, with its sign if it has one. */
    public int number(int code) {
        int unused = Integer.SIZE - bits();
        return signed ? code << unused >> unused : code;
    }
}
