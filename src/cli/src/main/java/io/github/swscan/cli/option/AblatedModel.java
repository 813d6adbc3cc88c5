package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Which model weights are changed in. */
public final class AblatedModel {

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description =
                    "The model, as for detect; its super weights are detected first. Without it, model and ranking "
                            + "come from the newest report in the working folder.")
    private Optional<Path> path;

    @Mixin
    private ConfigOption configOption;

    /** Empty if a report names the model. */
    public Optional<Path> file() {
        return path;
    }

    /** The same as text; empty if a report names the model. */
    public String path() {
        return path.map(Path::toString).orElse("");
    }

    /** Empty if it is beside the weights. */
    public String configFile() {
        return configOption.file();
    }
}
