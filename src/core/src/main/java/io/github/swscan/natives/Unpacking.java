package io.github.swscan.natives;

import ai.djl.util.Platform;
import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Watches over DJL, which unpacks native libraries into its cache folder when they are first loaded.
 *
 * <p>By itself DJL is not safe there. It loads whatever lies beside the engine's libraries, and unpacks the last of them
 * there: processes that start at the same time load each other's half of a file, and a process that is killed leaves one
 * that no later start gets past. So one process at a time unpacks, the others wait for it, and what a process that did
 * not finish has left is removed first.
 */
public enum Unpacking {
    ENGINE("pytorch", "djl_torch") {
        @Override
        String lastFile(Platform platform, String library) {
            return "%s-%s-%s/%s-%s"
                    .formatted(
                            platform.getVersion(),
                            platform.getFlavor(),
                            platform.getClassifier(),
                            platform.getApiVersion(),
                            library);
        }
    },
    TOKENIZERS("tokenizers", "tokenizers") {
        @Override
        String lastFile(Platform platform, String library) {
            return "%s-%s/%s".formatted(platform.getVersion(), platform.getClassifier(), library);
        }
    };

    /** What stands in the lock file as long as somebody unpacks. */
    private static final byte[] UNFINISHED = "unfinished\n".getBytes(StandardCharsets.US_ASCII);

    private final String name;
    private final String library;

    Unpacking(String name, String library) {
        this.name = name;
        this.library = System.mapLibraryName(library);
    }

    /** What is unpacked last, below the folder; where it is, everything is. */
    abstract String lastFile(Platform platform, String library);

    /**
     * Where the libraries are unpacked to.
     *
     * @throws UnsafeFolderException if others may write there
     */
    public Path folder() {
        return NativeFolder.path(name);
    }

    /** Whether they have been, by any process. */
    public boolean isDone() {
        return Files.exists(folder().resolve(lastFile(Platform.detectPlatform(name), library)));
    }

    /**
     * Has DJL load the libraries, and keeps others from it while they are being unpacked. Where the folder cannot be
     * written or locked, DJL goes without, or says what is wrong.
     *
     * @param load loads them, or throws; may be called by several threads
     */
    public void whileLoading(Runnable load) {
        if (isDone()) {
            load.run();
        } else {
            alone(load);
        }
    }

    private synchronized void alone(Runnable load) {
        Optional<FileChannel> lock = lock();
        try {
            load.run();
            lock.ifPresent(Unpacking::markFinished);
        } finally {
            lock.ifPresent(Unpacking::release);
        }
    }

    /** Waits until no other process unpacks, and removes what one that was killed has left. */
    private Optional<FileChannel> lock() {
        Path folder = folder();
        FileChannel lock;
        try {
            Files.createDirectories(folder);
            lock = FileChannel.open(folder.resolve("swscan.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            lock.lock();
            if (lock.size() > 0) {
                removeUnfinished(folder);
            }
            lock.write(ByteBuffer.wrap(UNFINISHED), 0);
            return Optional.of(lock);
        } catch (IOException e) {
            release(lock);
            return Optional.empty();
        }
    }

    private static void markFinished(FileChannel lock) {
        try {
            lock.truncate(0);
        } catch (IOException e) {
            // The next to unpack looks for leftovers in vain.
            return;
        }
    }

    /** The lock goes with the channel, and at the latest with the process. */
    private static void release(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            return;
        }
    }

    /** Removes what DJL names as temporary: beside the folders of the libraries, and in them. */
    private static void removeUnfinished(Path folder) throws IOException {
        for (Path entry : entries(folder)) {
            if (entry.getFileName().toString().matches("tmp\\d+")) {
                Utils.deleteQuietly(entry);
            } else if (Files.isDirectory(entry)) {
                entries(entry).stream()
                        .filter(file -> file.getFileName().toString().matches("jni\\d+tmp"))
                        .forEach(Utils::deleteQuietly);
            }
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
