package io.github.swscan.output;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The name of a file or folder that goes with its process: at the latest, the next process that takes such a name in the
 * same folder removes what one that was killed has left.
 *
 * <p>Beside it lies a lock file, which its process keeps locked. The system lets go of the lock when the process ends, however
 * it ends, and in whatever container it ran; so a lock that can be had tells that nobody writes any more. That holds where
 * all who write are of one machine: on file systems of other kinds, where the locks of other machines may not be seen, in
 * others' files, and without a lock file, everything is left alone.
 */
public final class TemporaryPath implements AutoCloseable {

    private static final String PREFIX = ".swscan-";
    private static final String CONTENT = ".tmp";
    private static final String LOCK = ".lock";

    /** Of which a single machine writes to each. */
    private static final Set<String> LOCAL_FILE_SYSTEMS = Set.of(
            "apfs",
            "bcachefs",
            "btrfs",
            "exfat",
            "ext2",
            "ext3",
            "ext4",
            "f2fs",
            "hfs",
            "msdos",
            "ntfs",
            "ntfs3",
            "overlay",
            "ramfs",
            "refs",
            "tmpfs",
            "ufs",
            "vfat",
            "xfs",
            "zfs");

    /** To open and close a file that this process has locked would unlock it. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lock;
    private final FileChannel channel;

    private TemporaryPath(Path path, Path lock, FileChannel channel) {
        this.path = path;
        this.lock = lock;
        this.channel = channel;
    }

    /**
     * Takes a new name, and removes what dead processes have left.
     *
     * @throws IOException if no file can be made in the folder
     */
    public static TemporaryPath in(Path folder) throws IOException {
        Path real = folder.toRealPath();
        while (true) {
            String name = PREFIX + UUID.randomUUID();
            Path lock = real.resolve(name + LOCK);
            OWN.add(lock);
            FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            TemporaryPath taken = new TemporaryPath(real.resolve(name + CONTENT), lock, channel);
            // Another process may have found the file before it was locked, and taken it for a leftover.
            if (taken.isLocked() && Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
                removeLeftovers(real, Files.getOwner(lock));
                return taken;
            }
            taken.close();
        }
    }

    /** Where files cannot be locked, nobody takes them for leftovers either. */
    private boolean isLocked() throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (IOException unsupported) {
            return true;
        }
    }

    /** Where nothing is yet. */
    public Path path() {
        return path;
    }

    /** Removes what is there under the name, if it has not been moved away, and gives the name back. */
    @Override
    public void close() throws IOException {
        try (channel) {
            delete(path);
            Files.deleteIfExists(lock);
        }
        OWN.remove(lock);
    }

    private static void removeLeftovers(Path folder, UserPrincipal user) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(folder, PREFIX + "*" + LOCK)) {
            for (Path lock : locks) {
                if (!OWN.contains(lock) && isOf(user, lock) && isLocal(folder)) {
                    removeIfDead(lock, user);
                }
            }
        } catch (IOException e) {
            // The next may have more luck.
            return;
        }
    }

    private static void removeIfDead(Path lock, UserPrincipal user) throws IOException {
        String name = lock.getFileName().toString();
        Path content = lock.resolveSibling(name.substring(0, name.length() - LOCK.length()) + CONTENT);
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                FileLock taken = channel.tryLock()) {
            if (taken != null) {
                if (isOf(user, content)) {
                    delete(content);
                }
                Files.deleteIfExists(lock);
            }
        } catch (OverlappingFileLockException ofThisProcess) {
            return;
        }
    }

    private static boolean isOf(UserPrincipal user, Path file) throws IOException {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(user);
    }

    private static boolean isLocal(Path folder) throws IOException {
        return LOCAL_FILE_SYSTEMS.contains(Files.getFileStore(folder).type().toLowerCase(Locale.ROOT));
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
