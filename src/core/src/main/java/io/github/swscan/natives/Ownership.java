package io.github.swscan.natives;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who may write to a file or folder, or put another in its place: by owners and modes as Unix has them. On systems without
 * them, everything counts as safe.
 *
 * <p>A thing is safe if it and each folder above it, links followed, belongs to the running user or root and neither group
 * nor others may write to it. Above it, a folder that all may write to will do if it is sticky, as the one for temporary
 * files is: there everybody can only replace what is theirs.
 */
final class Ownership {

    private static final int OTHERS_WRITE = 0022;
    private static final int OTHERS_ENTER = 0011;
    private static final int STICKY = 01000;
    private static final int MOST_LINKS = 40;
    private static final long ROOT = 0;
    /** Whom the kernel names where a file's owner has no number in the user namespace of the process. */
    private static final long UNKNOWN = 65534;

    private static final boolean UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

    private Ownership() {}

    private record Entry(long owner, int mode) {

        static Entry of(Path path) throws IOException {
            Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            return new Entry(((Integer) attributes.get("uid")).longValue(), (Integer) attributes.get("mode"));
        }

        boolean othersWrite() {
            return (mode & OTHERS_WRITE) != 0;
        }

        boolean isSticky() {
            return (mode & STICKY) != 0;
        }
    }

    /**
     * What makes a file or folder unsafe.
     *
     * @param path of something that is there
     * @return in words that go on from its name; empty if it is safe
     */
    static Optional<String> problem(Path path) {
        return UNIX ? problem(path.toAbsolutePath(), path.toAbsolutePath(), MOST_LINKS) : Optional.empty();
    }

    /**
     * What makes one of the files in a folder unsafe.
     *
     * @param folder that is safe itself
     * @return as {@link #problem}, of the first that is found
     */
    static Optional<String> problemWithin(Path folder) {
        if (!UNIX) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return entries.filter(entry -> !entry.equals(folder))
                    .flatMap(entry -> problemOfEntry(entry).stream())
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.of("cannot be read");
        }
    }

    private static Optional<String> problemOfEntry(Path entry) {
        if (Files.isSymbolicLink(entry)) {
            return problem(entry);
        }
        try {
            Entry own = Entry.of(entry);
            Entry above = Entry.of(entry.getParent());
            if (!isTrusted(own.owner())) {
                return Optional.of("holds " + entry.getFileName() + ", which belongs to another user");
            }
            return own.othersWrite() && (above.mode() & OTHERS_ENTER) != 0
                    ? Optional.of("holds " + entry.getFileName() + ", to which others may write")
                    : Optional.empty();
        } catch (IOException gone) {
            // Removed by a process that unpacks.
            return Optional.empty();
        }
    }

    private static Optional<String> problem(Path path, Path named, int links) {
        try {
            Path above = path.getRoot();
            for (Path name : path) {
                Path next = above.resolve(name).normalize();
                Entry entry = Entry.of(next);
                boolean last = next.equals(path.normalize());
                if (!isTrusted(entry.owner()) && (last || !isUnknownAbove(entry.owner()))) {
                    return told(next, named, "belongs to another user");
                }
                if (Files.isSymbolicLink(next)) {
                    return links == 0
                            ? told(next, named, "leads from link to link")
                            : problem(followed(next, path), named, links - 1);
                }
                if (entry.othersWrite() && (last || !entry.isSticky())) {
                    return told(next, named, "can be written to by others");
                }
                above = next;
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("cannot be read");
        }
    }

    private static Path followed(Path link, Path path) throws IOException {
        Path target = link.resolveSibling(Files.readSymbolicLink(link));
        return target.resolve(link.relativize(path)).normalize();
    }

    private static Optional<String> told(Path unsafe, Path named, String problem) {
        return Optional.of(unsafe.equals(named) ? problem : "lies in " + unsafe + ", which " + problem);
    }

    private static boolean isTrusted(long owner) {
        return owner == ROOT || owner == User.ID;
    }

    /** In a user namespace the system's own folders have no owner that could be named. */
    private static boolean isUnknownAbove(long owner) {
        return owner == UNKNOWN && User.IN_NAMESPACE;
    }

    /** Who runs this process; asked for only where it matters. */
    private static final class User {

        static final long ID = id();
        static final boolean IN_NAMESPACE = inNamespace();

        /** Java's own answer is 0, as if it were root, for a user that has no entry in the system's list of users. */
        private static long id() {
            try {
                return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
            } catch (IOException notLinux) {
                return new UnixSystem().getUid();
            }
        }

        private static boolean inNamespace() {
            try {
                String map = Files.readString(Path.of("/proc/self/uid_map")).strip();
                return !map.matches("0\\s+0\\s+4294967295");
            } catch (IOException e) {
                return false;
            }
        }
    }
}
