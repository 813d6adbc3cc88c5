package io.github.swscan.engine;

import io.github.swscan.natives.LibrarySet;
import io.github.swscan.natives.Unpacking;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
                String flavor = set.getProperty("flavor");
                Path unpacked = Unpacking.ready(new LibrarySet(
                        Path.of("pytorch", set.getProperty("version") + "-" + flavor + "-runtime"),
                        Map.of(
                                CUDA_RUNTIME + ".so",
                                "pytorch/%s/%s/%s".formatted(flavor, set.getProperty("classifier"), runtime.get()))));
                String others = System.getProperty(LIBRARY_PATH, "");
                if (!others.contains(unpacked.toString())) {
                    System.setProperty(LIBRARY_PATH, unpacked + File.pathSeparator + others);
                }
            }
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
