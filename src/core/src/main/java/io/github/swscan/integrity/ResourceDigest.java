package io.github.swscan.integrity;

import io.github.swscan.input.ByteSource;
import io.github.swscan.input.FileDigest;
import io.github.swscan.integrity.signing.Resource;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.bouncycastle.crypto.digests.Blake3Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;

/** The digest of a file, or of a part of one, by any of the algorithms that signatures of models have. */
final class ResourceDigest {

    private static final int AT_ONCE = 1 << 18;
    private static final int BLAKE_2B_BITS = 512;

    private ResourceDigest() {}

    /**
     * That of what a statement names, as it is now. A part that a file is too short for has none that any part has.
     *
     * @return in hexadecimal
     */
    static String of(Resource resource, ByteSource file, LongConsumer read) {
        if (resource.range().isEmpty() && resource.algorithm().equals("sha256")) {
            return FileDigest.sha256(file, read);
        }
        long from = resource.range().map(Resource.Range::start).orElse(0L);
        long end = resource.range().map(Resource.Range::end).orElse(file.size());
        if (from > end || end > file.size()) {
            return "";
        }
        Digest digest =
                switch (resource.algorithm()) {
                    case "blake2b" -> new Blake2bDigest(BLAKE_2B_BITS);
                    case "blake3" -> new Blake3Digest();
                    default -> new SHA256Digest();
                };
        ByteBuffer buffer = ByteBuffer.allocate(AT_ONCE);
        for (long done = from; done < end; done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(AT_ONCE, end - done));
            file.read(done, buffer);
            digest.update(buffer.array(), 0, buffer.limit());
            read.accept(buffer.limit());
        }
        byte[] result = new byte[digest.getDigestSize()];
        digest.doFinal(result, 0);
        return HexFormat.of().formatHex(result);
    }
}
