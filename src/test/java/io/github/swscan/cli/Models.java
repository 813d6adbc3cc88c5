package io.github.swscan.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Checkpoints to try the command line on. */
final class Models {

    static final Path CRITICAL = Path.of("models-sample", "super-weight-1.5m");
    static final Path HARMLESS = Path.of("models-sample", "harmless-spike-1.1m");

    private Models() {}

    static Path reference(String name) {
        return Path.of("src", "test", "resources", "reference", name);
    }

    /** A copy that a test may break. */
    static Path copy(Path model, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path file : files(model)) {
            // Reference values lie beside the models; they are no part of them.
            if (!file.getFileName().toString().startsWith("expected.")) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
