package io.github.swscan.natives;

import ai.djl.engine.Engine;
import io.github.swscan.output.OutputFailure;
import io.github.swscan.output.TemporaryPath;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
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
 * nobody else may write to it or put another in its place, see {@link Ownership}. In this order:
 *
 * <ol>
 *   <li>the folder that {@link #use} was told of, or that a variable names: {@code SWSCAN_NATIVE_DIR}, then DJL's own
 *       {@code ENGINE_CACHE_DIR} and {@code DJL_CACHE_DIR};
 *   <li>{@code natives} beside the folder of the program's jars, where somebody has unpacked them there;
 *   <li>{@code swscan/natives/VERSION} in the user's cache, VERSION being that of the libraries;
 *   <li>where there is no such, or others may write to it, a new folder of this process alone, which is removed when the
 *       process ends.
 * </ol>
 *
 * <p>Chosen once for a process, when it is first asked for. For use by several threads.
 */
public final class NativeFolder {

    private static final String OPTION = "--native-dir";

    /** The variable by which DJL is told the folder; what the environment says of it goes before what a program says. */
    private static final String ENGINE_CACHE = "ENGINE_CACHE_DIR";

    /** By both DJL is told; the second counts where the first is there and empty. */
    private static final List<String> DJL_PROPERTIES = List.of(ENGINE_CACHE, "DJL_CACHE_DIR");

    private static final List<String> NAMED_BY = Stream.concat(Stream.of("SWSCAN_NATIVE_DIR"), DJL_PROPERTIES.stream())
            .toList();

    /** The variables by which DJL takes libraries from elsewhere. */
    private static final List<String> LIBRARIES_NAMED_BY =
            List.of("PYTORCH_LIBRARY_PATH", "RUST_LIBRARY_PATH", "LIBSTDCXX_LIBRARY_PATH");

    /** What there is in a folder that a program has computed with. */
    private static final List<String> PARTS = List.of("pytorch", "tokenizers", "jna");

    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private static final FileAttribute<?>[] OF_THE_USER_ALONE = permissions("rwx------");

    /** Others may load what is unpacked for all, whatever this user's mask is. */
    static final FileAttribute<?>[] READABLE_FOLDER = permissions("rwxr-xr-x");

    static final FileAttribute<?>[] READABLE_FILE = permissions("rw-r--r--");

    private static final Logger LOG = LoggerFactory.getLogger(NativeFolder.class);

    private static final int REMOVAL_ATTEMPTS = 100;

    private static Optional<Path> option = Optional.empty();

    private static Optional<Path> chosen = Optional.empty();

    private NativeFolder() {}

    private static FileAttribute<?>[] permissions(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** Names the folder; to be called before {@link #path}. */
    public static synchronized void use(Path folder) {
        option = Optional.of(folder);
    }

    /**
     * Chooses the folder, has DJL use it, and JNA what is unpacked there.
     *
     * @return an absolute path without links
     * @throws NativeLibraryException if others may write to what the user names, or to all there is, or JNA's library is
     *     damaged
     */
    public static synchronized Path path() {
        if (chosen.isEmpty()) {
            Path folder = choose(System.getenv());
            DJL_PROPERTIES.forEach(property -> System.setProperty(property, folder.toString()));
            LibrarySet.jna().ifPresent(library -> offerToJna(library, folder));
            chosen = Optional.of(folder);
        }
        return chosen.get();
    }

    /** JNA by itself would unpack a library for each process, and remove those of others. */
    private static void offerToJna(LibrarySet library, Path folder) {
        Path natives = Unpacking.isDone(library, folder) || Files.isWritable(folder) ? folder : ofThisProcess();
        System.setProperty(
                "jna.boot.library.path", Unpacking.ready(library, natives).toString());
        System.setProperty("jna.nounpack", "true");
    }

    private static Path choose(Map<String, String> environment) {
        for (String variable : LIBRARIES_NAMED_BY) {
            Arrays.stream(environment.getOrDefault(variable, "").split(File.pathSeparator))
                    .filter(library -> !library.isEmpty())
                    .map(Path::of)
                    .filter(Files::exists)
                    .forEach(library -> refuseUnlessAllSafe(library, variable));
        }
        Path folder = named(environment)
                .or(NativeFolder::ofTheProgram)
                .or(() -> userCaches(environment)
                        .map(cache -> cache.resolve("swscan").resolve("natives").resolve(version()))
                        .flatMap(cache -> ifUsable(cache).stream())
                        .findFirst())
                .orElseGet(NativeFolder::ofThisProcess);
        String engines = environment.getOrDefault(ENGINE_CACHE, "");
        if (!engines.isEmpty() && !real(Path.of(engines)).equals(Optional.of(folder))) {
            throw new NativeLibraryException(
                    folder, "cannot be used while " + ENGINE_CACHE + " names another folder; unset it");
        }
        return folder;
    }

    private static Optional<Path> named(Map<String, String> environment) {
        return option.map(folder -> named(folder, OPTION)).or(() -> NAMED_BY.stream()
                .filter(variable -> !environment.getOrDefault(variable, "").isEmpty())
                .findFirst()
                .map(variable -> named(Path.of(environment.get(variable)), variable)));
    }

    /** What the user names is used or refused, never passed over. */
    private static Path named(Path folder, String by) {
        refuseUnlessSafe(existing(folder), by);
        try {
            Files.createDirectories(folder, READABLE_FOLDER);
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw new NativeLibraryException(
                        folder, "cannot be made: " + OutputFailure.reason(e) + "; " + by + " names it");
            }
        }
        refuseUnlessSafe(folder, by);
        return real(folder).orElseThrow(() -> new NativeLibraryException(folder, "cannot be read"));
    }

    /** Filled when the program is installed, see scripts/install. */
    private static Optional<Path> ofTheProgram() {
        return jar().map(jar -> jar.getParent().resolveSibling("natives"))
                .filter(NativeFolder::isFilled)
                .flatMap(NativeFolder::ifUsable);
    }

    private static Optional<Path> jar() {
        try {
            URI source = NativeFolder.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
            return Optional.of(Path.of(source)).filter(Files::isRegularFile);
        } catch (URISyntaxException | RuntimeException unknown) {
            return Optional.empty();
        }
    }

    private static boolean isFilled(Path folder) {
        return PARTS.stream().map(folder::resolve).allMatch(Files::isDirectory);
    }

    /** DJL's, with which the libraries of all engines change. */
    private static String version() {
        return String.valueOf(Engine.getDjlVersion());
    }

    /** Makes a folder below the one that was chosen, which others may read as far as they may read that. */
    static void make(Path folder) throws IOException {
        Files.createDirectories(folder, READABLE_FOLDER);
    }

    /**
     * Looks at a folder below the one that was chosen, and at what is in it.
     *
     * @throws NativeLibraryException if others may write there
     */
    static void check(Path folder) {
        Ownership.problem(folder).or(() -> Ownership.problemWithin(folder)).ifPresent(problem -> {
            throw new NativeLibraryException(folder, problem + "; " + remedy());
        });
    }

    /** Of a library all that lies beside it, which is loaded along with it. */
    private static void refuseUnlessAllSafe(Path library, String variable) {
        refuseUnlessSafe(library, variable);
        Path folder =
                Files.isDirectory(library) ? library : library.toAbsolutePath().getParent();
        Ownership.problemWithin(folder).ifPresent(problem -> {
            throw new NativeLibraryException(folder, problem + "; " + variable + " names it");
        });
    }

    private static void refuseUnlessSafe(Path path, String variable) {
        Ownership.problem(path).ifPresent(problem -> {
            throw new NativeLibraryException(path, problem + "; " + variable + " names it");
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
                LOG.info("{} cannot be made: {}", folder, OutputFailure.reason(e));
            }
            problem = Files.isDirectory(folder) ? Ownership.problem(folder) : Optional.of("is not there");
        }
        problem.ifPresent(told -> LOG.info("native libraries are not taken from {}: it {}", folder, told));
        return problem.isPresent()
                ? Optional.empty()
                : real(folder).filter(real -> Files.isWritable(real) || isFilled(real));
    }

    /** Libraries are unpacked anew by each process, in the folder for temporary files. */
    private static Path ofThisProcess() {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        if (!temporary.isAbsolute()) {
            throw new NativeLibraryException(
                    temporary.toAbsolutePath(), "lies in the working folder; java.io.tmpdir names it; " + remedy());
        }
        AtomicReference<TemporaryPath> taken = new AtomicReference<>();
        Path folder;
        try {
            // Before there is something to remove: a process that ends already makes nothing.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(taken.get()), "native-libraries-removed"));
            taken.set(TemporaryPath.in(temporary));
            folder = Files.createDirectory(taken.get().path(), OF_THE_USER_ALONE);
        } catch (IOException e) {
            throw new NativeLibraryException(
                    temporary, "cannot be written: " + OutputFailure.reason(e) + "; " + remedy());
        } catch (IllegalStateException ending) {
            throw new NativeLibraryException(temporary, "is not used: the process ends");
        }
        Ownership.problem(folder).ifPresent(problem -> {
            throw new NativeLibraryException(folder, problem + "; " + remedy());
        });
        LOG.info("native libraries are unpacked for this process alone, to {}", folder);
        return folder;
    }

    private static String remedy() {
        return OPTION + " names another folder";
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
    private static void remove(TemporaryPath folder) {
        boolean removed = folder == null;
        for (int attempt = 0; !removed && attempt < REMOVAL_ATTEMPTS; attempt++) {
            removed = isRemoved(folder);
        }
    }

    private static boolean isRemoved(TemporaryPath folder) {
        try {
            folder.close();
            return true;
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private static Optional<Path> real(Path folder) {
        try {
            return Optional.of(folder.toRealPath());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
