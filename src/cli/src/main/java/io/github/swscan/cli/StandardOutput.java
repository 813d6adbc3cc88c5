package io.github.swscan.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where results are printed, in UTF-8 wherever the program runs: a report printed is the report written. A writer tells
 * nobody that writing failed; this remembers it until the program ends.
 */
final class StandardOutput {

    private static final Path FILE = Path.of("/dev/stdout");

    /** What kind of file it is, in the mode that stat(2) gives: S_IFMT, S_IFIFO, S_IFSOCK. */
    private static final int KIND = 0xF000;

    private static final int PIPE = 0x1000;
    private static final int SOCKET = 0xC000;

    private final UntilFailure stream = new UntilFailure(new FileOutputStream(FileDescriptor.out));
    private final PrintWriter writer = new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);

    /** Passes on what is written until that fails, and drops the rest. */
    private static final class UntilFailure extends OutputStream {

        private final OutputStream target;
        private Optional<IOException> failure = Optional.empty();

        UntilFailure(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (failure.isEmpty()) {
                try {
                    target.write(bytes, offset, length);
                } catch (IOException e) {
                    failure = Optional.of(e);
                }
            }
        }
    }

    PrintWriter writer() {
        return writer;
    }

    /**
     * Why not all that was printed could be written; empty if it could, or if nobody wanted to read more: {@code head} goes
     * once it has its lines.
     */
    Optional<IOException> failure() {
        writer.flush();
        return stream.failure.filter(failure -> !leadsToProgram());
    }

    /** Whether there is another program at the other end: nothing but its end makes writing to it fail. */
    private static boolean leadsToProgram() {
        try {
            int kind = (int) Files.getAttribute(FILE, "unix:mode") & KIND;
            return kind == PIPE || kind == SOCKET;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
