package io.github.swscan.integrity;

import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** SHA-256 of what is too large to be held, in hexadecimal. */
final class Sha256 {

    /** In bytes: as much as stays in a processor's cache between being read and being digested. */
    private static final int AT_ONCE = 1 << 18;

    private Sha256() {}

    /**
     * Of all bytes of a file.
     *
     * @param read is told how many bytes were read, again and again
     */
    static String of(ByteSource file, LongConsumer read) {
        return of(file, Patch.NONE, read);
    }

    /** The same with some bits in place of those that are there. */
    static String of(ByteSource file, Patch patch, LongConsumer read) {
        MessageDigest digest = digest();
        ByteBuffer buffer = ByteBuffer.allocate(AT_ONCE);
        for (long done = 0; done < file.size(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(AT_ONCE, file.size() - done));
            file.read(done, buffer);
            patch.put(done, buffer);
            digest.update(buffer.flip());
            read.accept(buffer.limit());
        }
        return hex(digest);
    }

    /**
     * Of a tensor's elements in row-major order, as they are stored.
     *
     * @param patch bits in place of those that are there
     * @param also is given each part that was read, little-endian, from its position to its limit; whole elements or blocks
     */
    static String of(Checkpoint checkpoint, TensorInfo tensor, Patch patch, Consumer<ByteBuffer> also) {
        MessageDigest digest = digest();
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
        return hex(digest);
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
