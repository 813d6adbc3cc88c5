package io.github.swscan.input;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** The small text that a clone without Git LFS has in place of a file. */
public final class GitLfsPointer {

    /** By the specification of Git LFS, the line that comes first. */
    private static final byte[] START = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    /** How many bytes tell whether a file is one. */
    static final int TELLING = START.length;

    private GitLfsPointer() {}

    /**
     * Refuses a file that is one.
     *
     * @param start the file's first {@link #TELLING} bytes or more, or all of it
     * @throws MissingInputException if it is
     */
    public static void refuse(Path file, byte[] start) {
        if (start.length >= TELLING && Arrays.equals(START, 0, TELLING, start, 0, TELLING)) {
            throw new MissingInputException(
                    file, "", "is a Git LFS pointer, not the file itself", "run 'git lfs pull' in its folder");
        }
    }
}
