package io.github.swscan.engine;

import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** The engine's native libraries, of which the program may come with several sets. */
final class NativeLibraries {

    /** Each set says on the class path what it is for. */
    private static final String DESCRIPTION = "native/lib/pytorch.properties";
    /** Names the set, where the user has brought one of his own. */
    private static final String FLAVOR = "PYTORCH_FLAVOR";

    private static final String CUDA = "cu";
    private static final String CUDA_RUNTIME = "libcudart";
    private static final String LIBRARY_PATH = "jna.library.path";

    private NativeLibraries() {}

    /** Whether a set for CUDA is among them, whether it can be loaded or not. */
    static boolean includeCuda() throws IOException {
        String own = Optional.ofNullable(System.getenv(FLAVOR)).orElseGet(() -> System.getProperty(FLAVOR, ""));
        return own.startsWith(CUDA) || !setsForCuda().isEmpty();
    }

    /**
     * Lets DJL find the CUDA runtime of a set for Linux. It looks for one among the system's libraries to see GPUs, and
     * would overlook them where there is no more than the driver.
     */
    static synchronized void offerCudaRuntime() throws IOException {
        for (Properties set : setsForCuda()) {
            Optional<String> runtime = Arrays.stream(
                            set.getProperty("libraries", "").split(","))
                    .filter(library -> library.startsWith(CUDA_RUNTIME))
                    .findFirst();
            if (runtime.isPresent()) {
                String folder = "pytorch/%s/%s/".formatted(set.getProperty("flavor"), set.getProperty("classifier"));
                Path unpacked = Utils.getEngineCacheDir("pytorch")
                        .resolve(set.getProperty("version") + "-" + set.getProperty("flavor") + "-runtime");
                unpack(folder + runtime.get(), unpacked.resolve(CUDA_RUNTIME + ".so"));
                String others = System.getProperty(LIBRARY_PATH, "");
                if (!others.contains(unpacked.toString())) {
                    System.setProperty(LIBRARY_PATH, unpacked + File.pathSeparator + others);
                }
            }
        }
    }

    private static void unpack(String resource, Path file) throws IOException {
        if (Files.exists(file)) {
            return;
        }
        Files.createDirectories(file.getParent());
        Path part = Files.createTempFile(file.getParent(), "unpacking", null);
        try (InputStream stream = NativeLibraries.class.getClassLoader().getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IOException(resource + " is missing in the libraries for CUDA");
            }
            Files.copy(stream, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static List<Properties> setsForCuda() throws IOException {
        List<Properties> sets = new ArrayList<>();
        for (URL description :
                Collections.list(NativeLibraries.class.getClassLoader().getResources(DESCRIPTION))) {
            Properties set = new Properties();
            try (InputStream stream = description.openStream()) {
                set.load(stream);
            }
            if (set.getProperty("flavor", "").startsWith(CUDA)) {
                sets.add(set);
            }
        }
        return sets;
    }
}
