package io.github.swscan.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.input.LocalSource;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reading takes time and memory in proportion to the size of the file, also where a library's own way does not. */
class PyTorchEffortTest {

    private static final byte[] PICKLE = {(byte) 0x80, 2, '}', '.'};

    @TempDir
    private Path folder;

    /** Kept for each of the entries, the header would take 2.6 GB; a table of their names would take half a minute. */
    @Test
    @Timeout(30)
    void entriesOfAnArchiveMayShareALocalHeaderAndAHashCode() throws IOException {
        byte[] name = "a/data.pkl".getBytes(StandardCharsets.US_ASCII);
        int headerSize = 30 + name.length + 65_000;
        int count = 40_000;
        ByteBuffer zip = ByteBuffer.allocate(headerSize + PICKLE.length + count * (46 + 34) + 22)
                .order(ByteOrder.LITTLE_ENDIAN);
        zip.putInt(0x04034b50).position(18);
        zip.putInt(PICKLE.length).putInt(PICKLE.length);
        zip.putShort((short) name.length).putShort((short) 65_000).put(name);
        zip.putShort((short) 0x9999).putShort((short) 64_996).position(headerSize);
        zip.put(PICKLE);
        int directory = zip.position();
        entry(zip, name);
        for (int i = 1; i < count; i++) {
            entry(zip, colliding(i).getBytes(StandardCharsets.US_ASCII));
        }
        int directorySize = zip.position() - directory;
        zip.putInt(0x06054b50).putInt(0).putShort((short) count).putShort((short) count);
        zip.putInt(directorySize).putInt(directory).putShort((short) 0);
        Path file = folder.resolve("model.pt");
        try (var channel = Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(zip.flip());
        }

        assertThatThrownBy(() -> PyTorchArchive.read(LocalSource.of(file)))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("holds no state dict");
    }

    /** All of the same length and hash code. */
    private static String colliding(int number) {
        return IntStream.range(0, 17)
                .mapToObj(bit -> (number >> bit & 1) == 0 ? "Aa" : "BB")
                .collect(Collectors.joining());
    }

    private static void entry(ByteBuffer zip, byte[] name) {
        int start = zip.position();
        zip.putInt(0x02014b50).position(start + 20);
        zip.putInt(PICKLE.length).putInt(PICKLE.length).putShort((short) name.length);
        zip.position(start + 46);
        zip.put(name);
    }
}
