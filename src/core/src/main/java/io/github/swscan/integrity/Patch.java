package io.github.swscan.integrity;

import io.github.swscan.report.Manifest;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;

/**
 * Bits of a tensor, or of a file, that are to be what they were.
 *
 * @param bytes counted from the start of the tensor or file
 */
record Patch(List<Manifest.Bytes> bytes) {

    static final Patch NONE = new Patch(List.of());

    /**
     * Puts the bits into a part that has been read.
     *
     * @param from where the part begins
     * @param part from index 0 to its limit
     */
    void put(long from, ByteBuffer part) {
        for (Manifest.Bytes run : bytes) {
            byte[] value = HexFormat.of().parseHex(run.bytes());
            byte[] mask = HexFormat.of().parseHex(run.mask());
            for (int i = 0; i < value.length; i++) {
                long index = run.offset() + i - from;
                if (index >= 0 && index < part.limit()) {
                    part.put((int) index, (byte) ((part.get((int) index) & ~mask[i]) | (value[i] & mask[i])));
                }
            }
        }
    }
}
