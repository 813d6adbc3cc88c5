package io.github.swscan.cli.option;

import io.github.swscan.output.OutputFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;

/**
 * What {@code --report}, or {@code -o} behind its {@code =}, names: a file, a folder, or {@code -} for standard output.
 *
 * @param text as it was given
 */
public record ReportTarget(String text, Path path) {

    /** Reads one from the command line. */
    public static final class Converter implements ITypeConverter<ReportTarget> {

        private final PathConverter paths = new PathConverter();

        @Override
        public ReportTarget convert(String text) {
            return new ReportTarget(text, paths.convert(text));
        }
    }

    boolean isStandardOutput() {
        return text.equals("-");
    }

    /** Whether it says to be a folder, or is one. */
    boolean isFolder() {
        return text.endsWith("/") || Files.isDirectory(path);
    }

    /** Whether it cannot be meant as a folder. */
    boolean isFile(OutputFormat format) {
        return !isFolder() && (text.endsWith("." + format.ending()) || Files.exists(path));
    }

    /** The folder, made if it was not there. */
    Path folder() {
        try {
            // A link to a folder is one.
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path);
            }
        } catch (IOException e) {
            throw new OutputFailure(path, "this folder cannot be made", e);
        }
        return path;
    }
}
