package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** The files that the report of one model is written to. For use by one thread after the other. */
public record ReportFiles(List<ReportFile> files) {

    public ReportFiles {
        files = List.copyOf(files);
    }

    /** Where they are, as far as there are any. */
    public List<Path> paths() {
        return files.stream().flatMap(file -> file.path().stream()).toList();
    }

    /** The same for those who have them written, as names. */
    public List<String> names() {
        return paths().stream().map(Path::toString).toList();
    }

    /** Whether one is of a format. */
    public boolean have(OutputFormat format) {
        return files.stream().anyMatch(file -> file.format() == format);
    }

    /**
     * Finds out whether they could be written.
     *
     * @throws io.github.swscan.output.OutputFailure if one could not, and is named
     */
    public void check() {
        files.forEach(ReportFile::check);
    }

    /**
     * Writes the report to all of them.
     *
     * @param report as it is written in a format
     * @throws io.github.swscan.output.OutputFailure if one cannot be written, and is named
     */
    public void write(Function<OutputFormat, byte[]> report) {
        files.forEach(file -> file.write(report.apply(file.format())));
    }
}
