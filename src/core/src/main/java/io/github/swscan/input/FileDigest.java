package io.github.swscan.input;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** SHA-256 of all bytes of a file, in hexadecimal. */
public final class FileDigest {

    /** In bytes: as much as stays in a processor's cache between being read and being digested. */
    private static final int AT_ONCE = 1 << 18;

    private FileDigest() {}

    /** Changes what has been read of a file before it is digested. */
    @FunctionalInterface
    public interface Edit {

        /**
         * Is given a part.
         *
         * @param from where it begins in the file
         * @param part from index 0 to its limit
         */
        void put(long from, ByteBuffer part);
    }

    /**
     * That of a file.
     *
     * @param read is told how many bytes were read, again and again
     * @throws InputException if it cannot be read
     */
    public static String sha256(ByteSource file, LongConsumer read) {
        return sha256(file, (from, part) -> {}, read);
    }

    /** The same of a file with other bytes in it. */
    public static String sha256(ByteSource file, Edit edit, LongConsumer read) {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(AT_ONCE);
        for (long done = 0; done < file.size(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(AT_ONCE, file.size() - done));
            file.read(done, buffer);
            edit.put(done, buffer);
            digest.update(buffer.flip());
            read.accept(buffer.limit());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** A digest to be filled. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
