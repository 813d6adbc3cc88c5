package io.github.swscan.cli.option;

import io.github.swscan.output.AtomicFile;
import io.github.swscan.output.OutputFailure;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where one report is written. A file that the user names must be written. One in the default place need not: where that
 * cannot be, it is told, and there is none. For use by one thread after the other.
 */
public final class ReportFile {

    private final OutputFormat format;
    private final boolean named;
    private final Consumer<String> note;
    private Optional<Path> path;

    /** @param note is told, in one line, why there is none */
    ReportFile(OutputFormat format, Path path, boolean named, Consumer<String> note) {
        this.format = format;
        this.path = Optional.of(path);
        this.named = named;
        this.note = note;
    }

    OutputFormat format() {
        return format;
    }

    /** Empty where there is none. */
    public Optional<Path> path() {
        return path;
    }

    /**
     * Finds out whether it could be written.
     *
     * @throws OutputFailure if it could not, and is named
     */
    public void check() {
        attempt(() -> path.ifPresent(AtomicFile::checkWritable));
    }

    /**
     * Writes the report, where there is a place for it.
     *
     * @throws OutputFailure if it cannot be written, and is named
     */
    public void write(byte[] report) {
        attempt(() -> path.ifPresent(file -> AtomicFile.write(file, report)));
    }

    private void attempt(Runnable step) {
        try {
            step.run();
        } catch (OutputFailure e) {
            if (named) {
                throw e;
            }
            path = Optional.empty();
            note.accept("note: no report is kept: " + e.getMessage() + "; --report FILE names another place");
        }
    }
}
