package io.github.swscan.cli.option;

import io.github.swscan.natives.NativeFolder;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where native libraries are. */
public final class NativeOption {

    @Option(
            names = "--native-dir",
            paramLabel = "DIR",
            description =
                    "The folder that native libraries are unpacked to and loaded from, which nobody else may write "
                            + "to (default: that of SWSCAN_NATIVE_DIR, else the program's own, else one in the user's cache).")
    private Path folder;

    /** To be called before anything computes. */
    public void apply() {
        if (folder != null) {
            NativeFolder.use(folder);
        }
    }
}
