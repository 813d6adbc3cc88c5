package io.github.swscan.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all.
 *
 * <p>Its files are written to a temporary folder beside it, which is moved into place by {@link #complete}. Whatever ends
 * the writing before that, the temporary folder goes, at {@link #close} or, if the process is asked to end (Ctrl-C), at the
 * next {@link #pause}: what is written may be long, so an ending process does not wait for it. One thread opens, writes and
 * closes.
 */
public final class AtomicFolder implements AutoCloseable {

    private final Path folder;
    private final TemporaryPath temporary;
    private final Thread tidying;

    /** Held while something is written, so that nothing is when the folder is deleted. */
    private final ReentrantLock writing = new ReentrantLock(true);

    /**
     * Begins to write.
     *
     * @param folder such that {@link #check} accepts
     * @throws IOException if nothing can be written beside it
     */
    public AtomicFolder(Path folder) throws IOException {
        this.folder = folder;
        this.temporary = TemporaryPath.in(folder.toAbsolutePath().getParent());
        this.tidying = new Thread(this::deleteWhenNothingIsWritten, "delete-partial-copy");
        writing.lock();
        Runtime.getRuntime().addShutdownHook(tidying);
    }

    /**
     * Finds out whether a folder can be written, so that a long run does not end in vain.
     *
     * @param folder must not exist, or be empty; the folder that it is to be in must exist
     * @throws OutputFailure if it cannot
     */
    public static void check(Path folder) {
        Path absolute = folder.toAbsolutePath();
        if (!isFree(folder)) {
            throw new OutputFailure(folder, "exists already; name a folder that does not, or an empty one", null);
        }
        if (!Files.isDirectory(absolute.getParent()) || !Files.isWritable(absolute.getParent())) {
            throw new OutputFailure(folder, "cannot be written: no folder can be created there", null);
        }
    }

    /** Whether nothing is there but an empty folder at most. */
    public static boolean isFree(Path folder) {
        Path absolute = folder.toAbsolutePath();
        return !Files.exists(absolute, LinkOption.NOFOLLOW_LINKS) || isEmptyFolder(absolute);
    }

    private static boolean isEmptyFolder(Path folder) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Where a file is to be written; the folders that it is to be in are made.
     *
     * @param name within the folder
     */
    public Path file(Path name) throws IOException {
        Path file = temporary.path().resolve(name);
        Files.createDirectories(file.getParent());
        return file;
    }

    /** To be called often: here a process that is asked to end does so. */
    public void pause() {
        writing.unlock();
        writing.lock();
    }

    /** Lets the folder appear. Nothing may be written to it afterwards. */
    public void complete() throws IOException {
        Files.move(temporary.path(), folder, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() {
        delete();
        writing.unlock();
        try {
            Runtime.getRuntime().removeShutdownHook(tidying);
        } catch (IllegalStateException e) {
            // The process is ending, and the hook is at work.
            return;
        }
    }

    /** For the end of the process: never lets the writer go on. */
    private void deleteWhenNothingIsWritten() {
        writing.lock();
        delete();
    }

    private void delete() {
        try {
            temporary.close();
        } catch (IOException e) {
            // What cannot be deleted stays under its temporary name.
            return;
        }
    }
}
