package io.github.swscan.natives;

import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that native libraries are unpacked to and loaded from: the engine's, the tokenizer's and JNA's.
 *
 * <p>Whoever can write to it runs code in this process. So it belongs to the user or the system's administrator, and
 * nobody else may write to it or put another in its place, see {@link Ownership}. In this order: the folder that
 * {@code DJL_CACHE_DIR} names; {@code swscan/natives} in the user's cache; where there is no such, or others may write
 * to it, a new folder of this process alone, which is removed when the process ends.
 *
 * <p>Chosen once for a process, when it is first asked for. For use by several threads.
 */
public final class NativeFolder {

    /** The variables by which DJL takes its folder; of the second, what lies above. */
    private static final List<String> NAMED_BY = List.of("ENGINE_CACHE_DIR", "DJL_CACHE_DIR");

    /** The variables by which DJL takes libraries from elsewhere. */
    private static final List<String> LIBRARIES_NAMED_BY =
            List.of("PYTORCH_LIBRARY_PATH", "RUST_LIBRARY_PATH", "LIBSTDCXX_LIBRARY_PATH");

    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private static final FileAttribute<?>[] OF_THE_USER_ALONE = POSIX
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
            }
            : new FileAttribute<?>[0];

    private static final Logger LOG = LoggerFactory.getLogger(NativeFolder.class);

    private static final int REMOVAL_ATTEMPTS = 100;

    private static Optional<Path> chosen = Optional.empty();

    private NativeFolder() {}

    /**
     * Chooses the folder, and has DJL and JNA use it.
     *
     * @return an absolute path without links
     * @throws UnsafeFolderException if others may write to what the user names, or to all there is
     */
    public static synchronized Path path() {
        if (chosen.isEmpty()) {
            Path folder = choose(System.getenv());
            System.setProperty(NAMED_BY.get(0), folder.toString());
            System.setProperty("jna.tmpdir", folderForJna(folder).toString());
            chosen = Optional.of(folder);
        }
        return chosen.get();
    }

    /**
     * A folder below it, for the libraries of one kind; made if need be, where that can be done.
     *
     * @throws UnsafeFolderException as {@link #path()}, or if others may write to what is in it
     */
    public static Path path(String name) {
        Path folder = path().resolve(name);
        try {
            Files.createDirectories(folder, OF_THE_USER_ALONE);
        } catch (IOException e) {
            // Whoever then writes to it is told.
            LOG.debug("{} cannot be made", folder, e);
        }
        if (Files.isDirectory(folder)) {
            Ownership.problem(folder).or(() -> Ownership.problemWithin(folder)).ifPresent(problem -> {
                throw new UnsafeFolderException(folder, problem + "; " + remedy());
            });
        }
        return folder;
    }

    private static Path choose(Map<String, String> environment) {
        for (String variable : LIBRARIES_NAMED_BY) {
            Arrays.stream(environment.getOrDefault(variable, "").split(File.pathSeparator))
                    .filter(library -> !library.isEmpty())
                    .map(Path::of)
                    .filter(Files::exists)
                    .forEach(library -> refuseUnlessAllSafe(library, variable));
        }
        Optional<String> name = NAMED_BY.stream()
                .filter(variable -> !environment.getOrDefault(variable, "").isEmpty())
                .findFirst();
        if (name.isPresent()) {
            return named(Path.of(environment.get(name.get())), name.get());
        }
        return userCaches(environment)
                .map(cache -> cache.resolve("swscan").resolve("natives"))
                .flatMap(folder -> ifUsable(folder).stream())
                .findFirst()
                .orElseGet(NativeFolder::ofThisProcess);
    }

    /** What the user names is used or refused, never passed over. */
    private static Path named(Path folder, String variable) {
        refuseUnlessSafe(existing(folder), variable);
        try {
            Files.createDirectories(folder, OF_THE_USER_ALONE);
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw new UnsafeFolderException(folder, "cannot be made: " + reason(e) + "; " + variable + " names it");
            }
        }
        refuseUnlessSafe(folder, variable);
        return real(folder).orElseThrow(() -> new UnsafeFolderException(folder, "cannot be read"));
    }

    /** Of a library all that lies beside it, which is loaded along with it. */
    private static void refuseUnlessAllSafe(Path library, String variable) {
        refuseUnlessSafe(library, variable);
        Path folder =
                Files.isDirectory(library) ? library : library.toAbsolutePath().getParent();
        Ownership.problemWithin(folder).ifPresent(problem -> {
            throw new UnsafeFolderException(folder, problem + "; " + variable + " names it");
        });
    }

    private static void refuseUnlessSafe(Path path, String variable) {
        Ownership.problem(path).ifPresent(problem -> {
            throw new UnsafeFolderException(path, problem + "; " + variable + " names it");
        });
    }

    /** By the rules of the XDG base directories, where a relative path counts as none. */
    private static Stream<Path> userCaches(Map<String, String> environment) {
        Optional<Path> home = folder(System.getProperty("user.home"));
        return (POSIX
                        ? Stream.of(
                                folder(environment.get("XDG_CACHE_HOME")),
                                folder(environment.get("HOME"))
                                        .filter(Files::isDirectory)
                                        .map(NativeFolder::cache),
                                home.filter(Files::isDirectory).map(NativeFolder::cache))
                        : Stream.of(folder(environment.get("LOCALAPPDATA")), home))
                .flatMap(Optional::stream);
    }

    private static Path cache(Path home) {
        return home.resolve(".cache");
    }

    private static Optional<Path> folder(String name) {
        return Optional.ofNullable(name)
                .filter(given -> !given.isEmpty())
                .map(Path::of)
                .filter(Path::isAbsolute);
    }

    private static Optional<Path> ifUsable(Path folder) {
        Optional<String> problem = Ownership.problem(existing(folder));
        if (problem.isEmpty()) {
            try {
                Files.createDirectories(folder, OF_THE_USER_ALONE);
            } catch (IOException e) {
                LOG.info("{} cannot be made: {}", folder, reason(e));
            }
            problem = Files.isDirectory(folder) ? Ownership.problem(folder) : Optional.of("is not there");
        }
        problem.ifPresent(told -> LOG.info("native libraries are not taken from {}: it {}", folder, told));
        return problem.isPresent() ? Optional.empty() : real(folder).filter(Files::isWritable);
    }

    /** Libraries are unpacked anew by each process, in the folder for temporary files. */
    private static Path ofThisProcess() {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        if (!temporary.isAbsolute()) {
            throw new UnsafeFolderException(
                    temporary.toAbsolutePath(), "lies in the working folder; java.io.tmpdir names it; " + remedy());
        }
        AtomicReference<Path> made = new AtomicReference<>();
        Path folder;
        try {
            // Before there is something to remove: a process that ends already makes nothing.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made.get()), "native-libraries-removed"));
            folder = Files.createTempDirectory(temporary, "swscan-natives-", OF_THE_USER_ALONE)
                    .toRealPath();
            made.set(folder);
        } catch (IOException e) {
            throw new UnsafeFolderException(temporary, "cannot be written: " + reason(e) + "; " + remedy());
        } catch (IllegalStateException ending) {
            throw new UnsafeFolderException(temporary, "is not used: the process ends");
        }
        Ownership.problem(folder).ifPresent(problem -> {
            throw new UnsafeFolderException(folder, problem + "; " + remedy());
        });
        LOG.info("native libraries are unpacked for this process alone, to {}", folder);
        return folder;
    }

    private static String remedy() {
        return "DJL_CACHE_DIR names another folder";
    }

    /** JNA unpacks a library of its own each time, and removes it. */
    private static Path folderForJna(Path folder) {
        Path own = (Files.isWritable(folder) ? folder : ofThisProcess()).resolve("jna");
        try {
            Files.createDirectories(own, OF_THE_USER_ALONE);
        } catch (IOException e) {
            throw new UnsafeFolderException(own, "cannot be made: " + reason(e));
        }
        Ownership.problem(own).ifPresent(problem -> {
            throw new UnsafeFolderException(own, problem + "; " + remedy());
        });
        return own;
    }

    /** The nearest folder on the way to one that may not be there yet: nothing is made in one that is not safe. */
    private static Path existing(Path folder) {
        Path found = folder.toAbsolutePath();
        while (found.getParent() != null && !Files.exists(found, LinkOption.NOFOLLOW_LINKS)) {
            found = found.getParent();
        }
        return found;
    }

    /** Other threads may still be unpacking. */
    private static void remove(Path folder) {
        for (int attempt = 0; folder != null && Files.exists(folder) && attempt < REMOVAL_ATTEMPTS; attempt++) {
            Utils.deleteQuietly(folder);
        }
    }

    private static Optional<Path> real(Path folder) {
        try {
            return Optional.of(folder.toRealPath());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        int text = message.lastIndexOf(": ");
        return text < 0 ? e.getClass().getSimpleName() : message.substring(text + 2);
    }
}
