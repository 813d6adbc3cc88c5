package io.github.swscan.natives;

import ai.djl.util.Platform;
import com.sun.jna.Native;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Native libraries that come with the program and are loaded from one folder.
 *
 * @param folder where they are unpacked to, below the {@link NativeFolder}. Where DJL loads them it is the one in which DJL
 *     looks for them, so that DJL itself unpacks nothing
 * @param resources for each file in it, the resource of the class path that it is unpacked from
 */
public record LibrarySet(Path folder, Map<String, String> resources) {

    public LibrarySet {
        resources = Map.copyOf(resources);
    }

    /**
     * PyTorch's, and DJL's own for it. To be asked for after {@link NativeFolder#path}: DJL looks for GPUs to tell which.
     *
     * @return empty where the environment names others, or none come with the program for this platform; then DJL says what
     *     is missing
     */
    public static Optional<LibrarySet> engine() {
        if (isNamed("PYTORCH_LIBRARY_PATH") || isNamed("PYTORCH_VERSION") || isNamed("PYTORCH_FLAVOR")) {
            return Optional.empty();
        }
        Platform platform = Platform.detectPlatform("pytorch");
        if (platform.isPlaceholder()) {
            return Optional.empty();
        }
        String flavor = platform.getFlavor();
        String classifier = platform.getClassifier();
        String library = System.mapLibraryName("djl_torch");
        Map<String, String> resources = new LinkedHashMap<>();
        Arrays.stream(platform.getLibraries())
                .forEach(file -> resources.put(file, "pytorch/" + flavor + "/" + classifier + "/" + file));
        resources.put(platform.getApiVersion() + "-" + library, "jnilib/" + classifier + "/" + flavor + "/" + library);
        String folder = platform.getVersion() + "-" + flavor + "-" + classifier;
        return new LibrarySet(Path.of("pytorch", folder), resources).ifBundled();
    }

    /** The tokenizer's; see {@link #engine}. */
    public static Optional<LibrarySet> tokenizers() {
        if (isNamed("RUST_LIBRARY_PATH") || isNamed("RUST_FLAVOR")) {
            return Optional.empty();
        }
        Platform platform = Platform.detectPlatform("tokenizers");
        String classifier = platform.getClassifier();
        Map<String, String> resources = new LinkedHashMap<>();
        for (String file : tokenizerFiles(platform)) {
            resources.put(file, "native/lib/" + classifier + "/cpu/" + file);
        }
        String folder = platform.getVersion() + "-cpu-" + classifier;
        return new LibrarySet(Path.of("tokenizers", folder), resources).ifBundled();
    }

    private static String[] tokenizerFiles(Platform platform) {
        String library = System.mapLibraryName("tokenizers");
        return platform.getOsPrefix().equals("win")
                ? new String[] {"libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", library}
                : new String[] {library};
    }

    /** JNA's, through which the system is called. */
    static Optional<LibrarySet> jna() {
        String platform = com.sun.jna.Platform.RESOURCE_PREFIX;
        String library = System.mapLibraryName("jnidispatch").replace(".dylib", ".jnilib");
        return new LibrarySet(
                        Path.of("jna", Native.VERSION + "-" + platform),
                        Map.of(library, "com/sun/jna/" + platform + "/" + library))
                .ifBundled();
    }

    private Optional<LibrarySet> ifBundled() {
        return Optional.of(this)
                .filter(set ->
                        set.resources.values().stream().map(BundledLibrary::new).allMatch(BundledLibrary::isThere));
    }

    private static boolean isNamed(String variable) {
        return System.getenv(variable) != null || System.getProperty(variable) != null;
    }
}
