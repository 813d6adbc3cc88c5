package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.tensor.ByteBits;
import io.github.swscan.checkpoint.tensor.CodePlace;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.List;

/** A code that stands in the place of a stored one in whatever is read. Not for use by several threads. */
final class TriedCode implements StoredBytes.Overlay {

    private CodePlace place;
    private List<ByteBits> bytes;

    /** @param place of a code that is read as it is at first */
    TriedCode(CodePlace place) {
        this.place = place;
        this.bytes = List.of();
    }

    /** From now on this one, in the place of that code. */
    void set(CodePlace other, int bits) {
        place = other;
        bytes = other.bytes(bits);
    }

    @Override
    public void put(TensorInfo tensor, long from, ByteBuffer read, int start) {
        if (bytes.isEmpty() || !tensor.equals(place.tensor())) {
            return;
        }
        for (ByteBits bits : bytes) {
            long index = start + bits.index() - from;
            if (index >= start && index < read.position()) {
                read.put((int) index, bits.in(read.get((int) index)));
            }
        }
    }
}
