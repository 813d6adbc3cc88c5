package io.github.swscan.cli;

import io.github.swscan.report.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where the report goes. */
final class ReportOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            defaultValue = "swscan-report.json",
            description = "Where the report is written%n(default: ${DEFAULT-VALUE}).")
    private Path file;

    Path file() {
        return file;
    }

    /** Called before anything costly is done. */
    void check() {
        AtomicFile.checkWritable(file);
    }

    /** Refuses to replace a file that the run reads. */
    void checkDistinctFrom(Stream<Path> inputs) {
        inputs.filter(this::isSameFile).findFirst().ifPresent(input -> {
            throw new ParameterException(
                    command.commandLine(), "--report " + file + " would replace the input " + input);
        });
    }

    private boolean isSameFile(Path input) {
        try {
            return Files.exists(file) && Files.isSameFile(file, input);
        } catch (IOException e) {
            // An input that is not there cannot be replaced.
            return false;
        }
    }
}
