package io.github.swscan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the system says about this process's memory. */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern KIBIBYTES = Pattern.compile("(\\w+):\\s+(\\d+) kB");

    private ProcessMemory() {}

    /** The largest resident set so far in bytes; only Linux says. */
    public static Optional<Long> peakBytes() {
        return read("VmHWM");
    }

    /** The resident set in bytes; only Linux says. */
    public static Optional<Long> residentBytes() {
        return read("VmRSS");
    }

    private static Optional<Long> read(String field) {
        if (!Files.isReadable(STATUS)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.map(KIBIBYTES::matcher)
                    .filter(line -> line.matches() && line.group(1).equals(field))
                    .map((Matcher line) -> Long.parseLong(line.group(2)) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
