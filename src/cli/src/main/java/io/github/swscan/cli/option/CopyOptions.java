package io.github.swscan.cli.option;

import io.github.swscan.output.AtomicFolder;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A copy of the checkpoint in which weights are changed. */
public final class CopyOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--save-edited",
            paramLabel = "DIR",
            description =
                    "Also write a copy of the checkpoint in which the changes of one variant are really made, for "
                            + "other programs to try, safetensors or GGUF as it is; a quantized weight gets the nearest code. "
                            + "DIR must not exist, or be empty.")
    private Optional<Path> folder;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "The variant for --save-edited, as the table names it (default: all weights removed).")
    private Optional<String> variant;

    /** Called before anything costly is done. */
    public void check() {
        if (variant.isPresent() && folder.isEmpty()) {
            throw new ParameterException(command.commandLine(), "--variant needs --save-edited DIR");
        }
        folder.filter(given -> !AtomicFolder.isFree(given)).ifPresent(given -> {
            throw new ParameterException(
                    command.commandLine(),
                    "--save-edited " + given + ": exists already; name a folder that does not, or an empty one");
        });
    }

    /** Empty for no copy. */
    public String folder() {
        return folder.map(Path::toString).orElse("");
    }

    /** Empty if not named. */
    public String variant() {
        return variant.orElse("");
    }
}
