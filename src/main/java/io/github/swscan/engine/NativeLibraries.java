package io.github.swscan.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.Properties;

/** The engine's native libraries, of which the program may come with several sets. */
final class NativeLibraries {

    /** Each set says on the class path what it is for. */
    private static final String DESCRIPTION = "native/lib/pytorch.properties";
    /** Names the set, where the user has brought one of his own. */
    private static final String FLAVOR = "PYTORCH_FLAVOR";

    private static final String CUDA = "cu";

    private NativeLibraries() {}

    /** Whether a set for CUDA is among them, whether it can be loaded or not. */
    static boolean includeCuda() {
        String own = Optional.ofNullable(System.getenv(FLAVOR)).orElseGet(() -> System.getProperty(FLAVOR, ""));
        if (own.startsWith(CUDA)) {
            return true;
        }
        try {
            return Collections.list(NativeLibraries.class.getClassLoader().getResources(DESCRIPTION)).stream()
                    .anyMatch(NativeLibraries::isForCuda);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isForCuda(URL description) {
        Properties properties = new Properties();
        try (InputStream stream = description.openStream()) {
            properties.load(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // As in cu124-linux-x86_64, or with the platform alone there and the flavor apart.
        return properties
                .getProperty("flavor", properties.getProperty("classifier", ""))
                .startsWith(CUDA);
    }
}
