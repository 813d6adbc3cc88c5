package io.github.swscan.cli.option;

import io.github.swscan.output.OutputFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where the report goes. */
public final class ReportOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** What reports are called where nothing else is said. */
    public static final String DETECTION = "swscan-report.json";

    public static final String ABLATION = "swscan-ablation.json";

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Where the report is written%n(default: " + DETECTION + ", of an ablation " + ABLATION
                    + "). Of several models it is the folder of their reports, NAME" + ReportNames.ENDING
                    + " (default: the working folder); it is made if need be.")
    private Optional<Path> given;

    /**
     * The file for the report of one model.
     *
     * @param standard the file where none is given
     */
    public Path file(String standard) {
        return given.orElse(Path.of(standard));
    }

    /** The folder for the reports of several models, made if it was not there. */
    public Path folder() {
        if (given.isEmpty()) {
            return Path.of("");
        }
        Path folder = given.get();
        if (!Files.isDirectory(folder)) {
            if (Files.exists(folder) || folder.toString().endsWith(".json")) {
                throw new ParameterException(
                        command.commandLine(), "--report " + folder + " is no folder; of several models it names one");
            }
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new OutputFailure(folder, "this folder cannot be made", e);
            }
        }
        return folder;
    }
}
