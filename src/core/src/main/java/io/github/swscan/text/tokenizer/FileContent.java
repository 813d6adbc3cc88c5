package io.github.swscan.text.tokenizer;

import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.TextFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What is in a file of a tokenizer. */
final class FileContent {

    private FileContent() {}

    /** @throws InputException if it cannot be read, is empty, a pointer of Git LFS, or larger than the limit */
    static byte[] all(ByteSource source, long limit) {
        if (source.size() > limit) {
            throw new MalformedInputException(source.name(), "", "is larger than " + limit + " bytes", "");
        }
        byte[] content = start(source, (int) limit);
        if (content.length == 0) {
            throw new MalformedInputException(source.name(), "", "is empty", "download the file again");
        }
        return content;
    }

    /** @throws InputException if it cannot be read, or is a pointer of Git LFS */
    static byte[] start(ByteSource source, int bytes) {
        try (InputStream content = TextFile.open(source)) {
            return content.readNBytes(bytes);
        } catch (IOException failure) {
            throw source.unreadable(failure);
        }
    }

    /**
     * Holds lines whose last one ends like all others, as programs write them.
     *
     * @throws MalformedInputException if the last one does not end, as where the rest of a file is missing
     */
    static void requireLastLineToEnd(Path file, byte[] lines) {
        if (!isLastLineEnded(lines)) {
            throw new MalformedInputException(file, "", "ends within a line", "download the file again");
        }
    }

    static boolean isLastLineEnded(byte[] lines) {
        return lines.length > 0 && lines[lines.length - 1] == '\n';
    }

    /** @throws MalformedInputException if it is not UTF-8 */
    static String text(Path file, byte[] utf8) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(file, "", "is not UTF-8 text", "", e);
        }
    }
}
