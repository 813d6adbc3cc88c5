package io.github.swscan.input;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;

/**
 * Text in UTF-8. Some programs begin it with a byte order mark, which is no part of the text: one is skipped, and only at
 * the very start. The mark anywhere else is a character like others.
 */
public final class TextFile {

    private static final String MARK = "\ufeff";

    private static final byte[] MARK_IN_UTF_8 = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private TextFile() {}

    /**
     * Opens a file at the start of its text.
     *
     * @throws MissingInputException if it stands in place of the file, see {@link GitLfsPointer}
     */
    public static InputStream open(ByteSource file) throws IOException {
        PushbackInputStream bytes = new PushbackInputStream(file.stream(), GitLfsPointer.TELLING);
        try {
            byte[] start = bytes.readNBytes(GitLfsPointer.TELLING);
            GitLfsPointer.refuse(file.name(), start);
            int mark = MARK_IN_UTF_8.length;
            int skipped = start.length >= mark && Arrays.equals(start, 0, mark, MARK_IN_UTF_8, 0, mark) ? mark : 0;
            bytes.unread(start, skipped, start.length - skipped);
            return bytes;
        } catch (IOException | InputException e) {
            bytes.close();
            throw e;
        }
    }

    /** A text that was read without regard to the mark. */
    public static String withoutByteOrderMark(String text) {
        return text.startsWith(MARK) ? text.substring(MARK.length()) : text;
    }
}
