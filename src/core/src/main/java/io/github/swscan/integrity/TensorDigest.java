package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.FileDigest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;

/** SHA-256 of a tensor's elements in row-major order, as they are stored, in hexadecimal. */
final class TensorDigest {

    /** In bytes: as much as stays in a processor's cache between being read and being digested. */
    private static final int AT_ONCE = 1 << 18;

    private TensorDigest() {}

    /**
     * That of a tensor.
     *
     * @param patch bits in place of those that are there
     * @param also is given each part that was read, little-endian, from its position to its limit; whole elements or blocks
     */
    static String sha256(Checkpoint checkpoint, TensorInfo tensor, Patch patch, Consumer<ByteBuffer> also) {
        MessageDigest digest = FileDigest.sha256();
        int unit = tensor.dtype().bytes();
        int atOnce = AT_ONCE / unit * unit;
        ByteBuffer buffer = ByteBuffer.allocate(atOnce);
        for (long done = 0; done < tensor.bytes(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(atOnce, tensor.bytes() - done));
            checkpoint.read(tensor, done, buffer);
            patch.put(done, buffer);
            digest.update(buffer.flip());
            also.accept(buffer.rewind().order(ByteOrder.LITTLE_ENDIAN));
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
