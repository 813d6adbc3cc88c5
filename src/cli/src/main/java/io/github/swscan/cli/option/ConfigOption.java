package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where config.json is, if not beside the weights. */
public final class ConfigOption {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The model's config.json, if it is not in the folder of the weights.")
    private Optional<Path> file;

    /** Empty if it is beside the weights. */
    public String file() {
        return file.map(Path::toString).orElse("");
    }
}
