package io.github.swscan.output;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Writes a file whole or not at all.
 *
 * <p>The content goes to a temporary file in the same folder, which is then moved into place. A process that is asked to
 * end meanwhile (Ctrl-C) first finishes that, so that it leaves no part of a file behind either. Symbolic links are
 * followed. What is not a file that could be replaced, such as {@code /dev/null} or a pipe, is written to as it is.
 */
public final class AtomicFile {

    /** An ending process waits no longer than this, however slow the disk is. */
    private static final long PATIENCE_SECONDS = 10;

    private static final FileAttribute<?>[] OWNER_ALONE = {
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
    };

    private static final FileAttribute<?>[] NO_ATTRIBUTES = {};

    private AtomicFile() {}

    /**
     * Writes the file; what stood there before is replaced.
     *
     * @throws OutputFailure if that cannot be done; then the file is as it was
     */
    public static void write(Path file, byte[] content) {
        checkFolder(file);
        attempt(file, () -> {
            if (isStream(file)) {
                Files.write(file, content, StandardOpenOption.WRITE);
                return;
            }
            Path target = target(file);
            try (TemporaryPath temporary = TemporaryPath.in(target.getParent())) {
                Files.write(temporary.path(), content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                move(temporary.path(), target);
            }
        });
    }

    /**
     * Writes a file that only its owner may read, where the file system knows of owners, and that is not there yet.
     *
     * @throws OutputFailure if that cannot be done, or there is something of that name
     */
    public static void writeSecret(Path file, byte[] content) {
        requireNew(file);
        attempt(file, () -> {
            Path target = target(file);
            try (TemporaryPath temporary = TemporaryPath.in(target.getParent())) {
                boolean owners =
                        target.getFileSystem().supportedFileAttributeViews().contains("posix");
                Files.createFile(temporary.path(), owners ? OWNER_ALONE : NO_ATTRIBUTES);
                Files.write(temporary.path(), content, StandardOpenOption.WRITE);
                Files.move(temporary.path(), target);
            }
        });
    }

    /**
     * Refuses a file that is there.
     *
     * @throws OutputFailure if it is, or its folder is not
     */
    public static void requireNew(Path file) {
        checkFolder(file);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new OutputFailure(file, "is there already, and is not replaced; name another", null);
        }
    }

    /**
     * Finds out whether the file could be written, so that a long run does not end in vain. Leaves nothing behind, and
     * the file as it is.
     *
     * @throws OutputFailure if it could not
     */
    public static void checkWritable(Path file) {
        checkFolder(file);
        if (isStream(file)) {
            return;
        }
        // Permissions alone do not tell: a full disk, a read-only file system and a privileged user are among the
        // reasons.
        attempt(file, () -> {
            checkName(file);
            try (TemporaryPath temporary = TemporaryPath.in(target(file).getParent())) {
                Files.createFile(temporary.path());
            }
        });
    }

    private static void checkFolder(Path file) {
        Path absolute = file.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            throw new OutputFailure(file, "is a folder; name a file in it", null);
        }
        if (!Files.isDirectory(absolute.getParent())) {
            throw new OutputFailure(file, "cannot be written: the folder does not exist; create it first", null);
        }
    }

    /** A name may be too long for the file system, for instance. */
    private static void checkName(Path file) throws IOException {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            // As it should be: nothing is replaced.
            return;
        }
    }

    private static boolean isStream(Path file) {
        return Files.exists(file) && !Files.isRegularFile(file);
    }

    private static Path target(Path file) throws IOException {
        return Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Runs to the end, even if the process is asked to end meanwhile. */
    private static void attempt(Path file, Step step) {
        CountDownLatch done = new CountDownLatch(1);
        Thread ending = new Thread(() -> await(done), "finish-writing");
        try {
            Runtime.getRuntime().addShutdownHook(ending);
        } catch (IllegalStateException e) {
            throw new OutputFailure(file, "is not written: the program is being ended", e);
        }
        try {
            step.run();
        } catch (IOException e) {
            throw new OutputFailure(file, "cannot be written: " + OutputFailure.reason(e), e);
        } finally {
            done.countDown();
            release(ending);
        }
    }

    private static void await(CountDownLatch done) {
        try {
            if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void release(Thread ending) {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // The process is ending, and has waited for this.
            return;
        }
    }
}
