package io.github.swscan.input;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of text that the user names. */
public final class InputText {

    private static final int MAX_BYTES = 500_000_000;

    private InputText() {}

    /**
     * Reads the file; a byte order mark at its start is skipped, and a line may end as on any system: the text has line feeds.
     *
     * @throws InputException if it cannot be read, is too long or is not UTF-8
     */
    public static String read(Path file) {
        try {
            byte[] bytes = bytes(file, MAX_BYTES);
            GitLfsPointer.refuse(file, bytes);
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return TextFile.withoutByteOrderMark(text).replace("\r\n", "\n").replace('\r', '\n');
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(file, "", "is not valid UTF-8", "", e);
        } catch (IOException e) {
            throw InputException.unreadable(file, e);
        }
    }

    /** Whether {@code -} is meant: standard input, which can be read once. A file of that name is {@code ./-}. */
    public static boolean isStandardInput(Path file) {
        return file.toString().equals("-");
    }

    /**
     * What a file holds, which need not be a regular file: a pipe is read to its end.
     *
     * @throws InputException if there is more than the limit
     */
    public static byte[] bytes(Path file, int limit) throws IOException {
        try (InputStream input = isStandardInput(file) ? System.in : Files.newInputStream(file)) {
            byte[] bytes = input.readNBytes(limit);
            if (bytes.length == limit && input.read() >= 0) {
                throw new MalformedInputException(file, "", "is larger than " + limit + " bytes", "");
            }
            return bytes;
        }
    }
}
