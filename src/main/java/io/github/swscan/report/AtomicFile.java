package io.github.swscan.report;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes a file whole or not at all. */
public final class AtomicFile {

    private AtomicFile() {}

    /**
     * Writes to a temporary file in the same folder, then moves it into place; what stood there before is replaced.
     *
     * @throws ReportFailure if that cannot be done; then the file is as it was
     */
    public static void write(Path file, byte[] content) {
        Path absolute = file.toAbsolutePath();
        checkWritable(file);
        Path temporary = absolute.resolveSibling(
                "." + absolute.getFileName() + "." + ProcessHandle.current().pid());
        // An interrupted process leaves nothing behind either.
        temporary.toFile().deleteOnExit();
        try {
            Files.write(temporary, content);
            move(temporary, absolute);
        } catch (IOException e) {
            throw new ReportFailure(file, "cannot be written: " + reason(e), e);
        } finally {
            temporary.toFile().delete();
        }
    }

    /** Whether a file could be written there, so that a long run does not end in vain. */
    public static void checkWritable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new ReportFailure(file, "is a folder, not a file to write to", null);
        }
        if (!Files.isDirectory(folder)) {
            throw new ReportFailure(file, "cannot be written: the folder does not exist", null);
        }
        if (!Files.isWritable(folder)) {
            throw new ReportFailure(file, "cannot be written: no permission to write in the folder", null);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getMessage().lines().findFirst().orElse("");
    }
}
