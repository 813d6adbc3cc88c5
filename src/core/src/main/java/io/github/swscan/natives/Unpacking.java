package io.github.swscan.natives;

import io.github.swscan.output.OutputFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks native libraries when they are first needed, and looks at them each time before they are loaded: one that is cut
 * off would not be refused by the system, but end the process.
 *
 * <p>A folder of libraries appears whole or not at all, and beside it a {@link LibraryManifest}. One process at a time
 * unpacks, and the others wait for it; what one that was killed has left is removed by the next that unpacks there. A folder
 * without a manifest, such as DJL makes, is compared with what the program brings.
 *
 * <p>For use by several threads.
 */
public final class Unpacking {

    private static final String UNFINISHED = "unpacking-";
    private static final long MEGABYTE = 1_000_000;
    private static final Logger LOG = LoggerFactory.getLogger(Unpacking.class);

    private Unpacking() {}

    /** Whether they have been unpacked, by any process; what they are like now is not looked at. */
    public static boolean isDone(LibrarySet set) {
        return isDone(set, NativeFolder.path());
    }

    static boolean isDone(LibrarySet set, Path natives) {
        return Files.isDirectory(natives.resolve(set.folder())) && Files.exists(manifest(set, natives));
    }

    /**
     * Has them unpacked, and as they were unpacked.
     *
     * @return the folder that they are in
     * @throws NativeLibraryException if others may write there, one is not as it was, or they cannot be unpacked
     */
    public static Path ready(LibrarySet set) {
        return ready(set, NativeFolder.path());
    }

    static synchronized Path ready(LibrarySet set, Path natives) {
        Path folder = natives.resolve(set.folder());
        Path parent = folder.getParent();
        try {
            if (Files.isDirectory(parent)) {
                NativeFolder.check(parent);
            }
            if (!hasManifestOf(set, natives)) {
                NativeFolder.make(parent);
                unpackAlone(set, natives);
                NativeFolder.check(parent);
            }
            return folder;
        } catch (IOException e) {
            throw new NativeLibraryException(
                    parent,
                    "cannot be used: " + OutputFailure.reason(e) + "; native libraries are unpacked there, which takes "
                            + megabytes(set) + " MB; --native-dir names another folder");
        }
    }

    /** Whether they have been unpacked; if so, they are as they were. */
    private static boolean hasManifestOf(LibrarySet set, Path natives) throws IOException {
        Path folder = natives.resolve(set.folder());
        if (!isDone(set, natives)) {
            return false;
        }
        Optional<LibraryManifest> manifest =
                LibraryManifest.read(manifest(set, natives)).filter(read -> read.lists(set));
        if (manifest.isEmpty()) {
            return false;
        }
        manifest.get().check(folder);
        LibraryManifest found = manifest.get().withTimesOf(folder);
        if (!found.equals(manifest.get())) {
            write(found, set, natives);
        }
        return true;
    }

    private static void unpackAlone(LibrarySet set, Path natives) throws IOException {
        Path folder = natives.resolve(set.folder());
        try (Lock lock = Lock.of(folder.resolveSibling("swscan.lock"))) {
            if (hasManifestOf(set, natives)) {
                return;
            }
            if (lock.isHeld()) {
                removeUnfinished(folder.getParent());
            }
            Optional<LibraryManifest> found = isThere(set, folder) ? compared(set, folder) : Optional.empty();
            if (found.isEmpty()) {
                delete(folder);
                found = Optional.of(unpack(set, folder));
            }
            write(found.get(), set, natives);
        }
    }

    private static boolean isThere(LibrarySet set, Path folder) {
        return set.resources().keySet().stream().map(folder::resolve).allMatch(Files::isRegularFile);
    }

    /** Compares the files with what the program brings; empty if there is one that differs. */
    private static Optional<LibraryManifest> compared(LibrarySet set, Path folder) throws IOException {
        List<LibraryManifest.Entry> files = new ArrayList<>();
        for (Map.Entry<String, String> library : set.resources().entrySet()) {
            Path file = folder.resolve(library.getKey());
            String digest = new BundledLibrary(library.getValue()).digest();
            if (!LibraryManifest.digestOf(file).equals(digest)) {
                LOG.info("{} is not what the program brings", file);
                return Optional.empty();
            }
            files.add(LibraryManifest.Entry.of(file, digest));
        }
        return Optional.of(new LibraryManifest(files));
    }

    private static LibraryManifest unpack(LibrarySet set, Path folder) throws IOException {
        Path unfinished = Files.createTempDirectory(folder.getParent(), UNFINISHED, NativeFolder.READABLE_FOLDER);
        try {
            List<LibraryManifest.Entry> files = new ArrayList<>();
            for (Map.Entry<String, String> library : set.resources().entrySet()) {
                Path file = Files.createFile(unfinished.resolve(library.getKey()), NativeFolder.READABLE_FILE);
                String digest;
                try (OutputStream stream = Files.newOutputStream(file)) {
                    digest = new BundledLibrary(library.getValue()).copyTo(stream);
                }
                files.add(LibraryManifest.Entry.of(file, digest));
            }
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            return new LibraryManifest(files);
        } finally {
            delete(unfinished);
        }
    }

    /** Where it cannot be written, the files are compared at each start. */
    private static void write(LibraryManifest manifest, LibrarySet set, Path natives) throws IOException {
        Path file = manifest(set, natives);
        if (!Files.isWritable(file.getParent())) {
            return;
        }
        Path unfinished = Files.createTempFile(file.getParent(), UNFINISHED, "", NativeFolder.READABLE_FILE);
        try {
            Files.writeString(unfinished, manifest.text());
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    /** Not in the folder: DJL loads all that is there. */
    private static Path manifest(LibrarySet set, Path natives) {
        Path folder = natives.resolve(set.folder());
        return folder.resolveSibling(folder.getFileName() + ".manifest");
    }

    private static void removeUnfinished(Path parent) throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            for (Path entry : entries.filter(
                            name -> name.getFileName().toString().startsWith(UNFINISHED))
                    .toList()) {
                delete(entry);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static long megabytes(LibrarySet set) {
        long bytes = set.resources().values().stream()
                .mapToLong(resource -> new BundledLibrary(resource).size())
                .sum();
        return (bytes + MEGABYTE - 1) / MEGABYTE;
    }

    /**
     * The right to unpack in a folder, as long as this process has it; waits for others. Where a file cannot be locked, all
     * go on at once: each unpacks a folder of its own, and the first that is moved into place counts.
     */
    private record Lock(Optional<FileChannel> channel) implements AutoCloseable {

        static Lock of(Path file) throws IOException {
            FileChannel channel;
            try {
                channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            } catch (IOException readOnly) {
                return new Lock(Optional.empty());
            }
            try {
                channel.lock();
                return new Lock(Optional.of(channel));
            } catch (IOException unsupported) {
                channel.close();
                return new Lock(Optional.empty());
            }
        }

        boolean isHeld() {
            return channel.isPresent();
        }

        /** The lock goes with the channel, and at the latest with the process. */
        @Override
        public void close() throws IOException {
            if (channel.isPresent()) {
                channel.get().close();
            }
        }
    }
}
