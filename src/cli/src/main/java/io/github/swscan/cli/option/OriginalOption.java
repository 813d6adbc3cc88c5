package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The checkpoint that a quantized model was made from. */
public final class OriginalOption {

    @Option(
            names = "--against",
            paramLabel = "ORIGINAL",
            description =
                    "The checkpoint that the model was quantized from, in any format: the report tells what each super "
                            + "weight was there, and the error. Only headers and these weights are read of it "
                            + "(default: none).")
    private Optional<Path> original;

    /** Empty for none. */
    public String path() {
        return original.map(Path::toString).orElse("");
    }
}
