package io.github.swscan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How much memory this process may still take: what the machine has available, or what its control group and those above
 * leave it, whichever is less. Beyond that the system ends the process without a word. Only Linux says.
 *
 * @param bytes not below 0
 * @param of whose it is, for messages
 */
public record AvailableMemory(long bytes, String of) {

    private static final Pattern KIBIBYTES = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

    /** More than any machine has: how the first version of control groups writes that there is no limit. */
    private static final long UNLIMITED = 1L << 60;

    /** The names of one version of control groups. */
    private record Names(String limit, String usage, List<String> cache) {}

    private static final Names FIRST = new Names(
            "memory.limit_in_bytes", "memory.usage_in_bytes", List.of("total_active_file", "total_inactive_file"));
    private static final Names SECOND =
            new Names("memory.max", "memory.current", List.of("active_file", "inactive_file"));

    /** Empty where it cannot be known. */
    public static Optional<AvailableMemory> now() {
        return now(Path.of("/"));
    }

    /** @param root of the file system, below which there are proc and sys */
    static Optional<AvailableMemory> now(Path root) {
        return Stream.concat(machine(root).stream(), groups(root).stream())
                .min(Comparator.comparingLong(AvailableMemory::bytes));
    }

    private static Optional<AvailableMemory> machine(Path root) {
        return lines(root.resolve("proc/meminfo")).stream()
                .map(KIBIBYTES::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .map(found -> new AvailableMemory(Long.parseLong(found.group(1)) * 1024, "the machine"));
    }

    /**
     * Each line of the file names one group, {@code ID:CONTROLLERS:PATH}; the second version names no controllers. In a
     * container the path may be that of the machine, and the group lie at the top.
     */
    private static List<AvailableMemory> groups(Path root) {
        List<AvailableMemory> found = new ArrayList<>();
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            if (parts[1].isEmpty()) {
                found.addAll(groups(root.resolve("sys/fs/cgroup"), parts[2], SECOND));
            } else if (List.of(parts[1].split(",")).contains("memory")) {
                found.addAll(groups(root.resolve("sys/fs/cgroup/memory"), parts[2], FIRST));
            }
        }
        return found;
    }

    private static List<AvailableMemory> groups(Path top, String path, Names names) {
        List<AvailableMemory> found = new ArrayList<>();
        Path group = top.resolve(path.substring(1)).normalize();
        while (group.startsWith(top)) {
            group(group, names).ifPresent(found::add);
            group = group.getParent();
        }
        return found;
    }

    /** What has been read from files counts as used, and is given back when it is needed. */
    private static Optional<AvailableMemory> group(Path group, Names names) {
        OptionalLong limit = number(group.resolve(names.limit()));
        OptionalLong usage = number(group.resolve(names.usage()));
        if (limit.isEmpty() || usage.isEmpty() || limit.getAsLong() > UNLIMITED) {
            return Optional.empty();
        }
        long cache = lines(group.resolve("memory.stat")).stream()
                .map(line -> line.split(" "))
                .filter(parts -> parts.length == 2 && names.cache().contains(parts[0]))
                .mapToLong(parts -> Long.parseLong(parts[1]))
                .sum();
        long left = Math.max(0, limit.getAsLong() - usage.getAsLong() + cache);
        return Optional.of(
                new AvailableMemory(left, "the control group's limit of " + (limit.getAsLong() >> 20) + " MiB"));
    }

    /** Empty for "max", too. */
    private static OptionalLong number(Path file) {
        return lines(file).stream()
                .filter(line -> line.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    private static List<String> lines(Path file) {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
