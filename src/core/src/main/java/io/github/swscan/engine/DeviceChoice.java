package io.github.swscan.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where to compute, as asked for. */
public sealed interface DeviceChoice {

    /** The first GPU that the engine can use, else the CPU. */
    record Auto() implements DeviceChoice {}

    /** The CPU, whatever else there is. */
    record Cpu() implements DeviceChoice {}

    /**
     * One GPU and no other.
     *
     * @param index counts the GPUs that are visible to the process, from 0
     */
    record Cuda(int index) implements DeviceChoice {}

    /** Parses {@code auto}, {@code cpu}, {@code cuda}, which is the first GPU, or {@code cuda:N}; empty for all else. */
    static Optional<DeviceChoice> parse(String text) {
        Matcher cuda = Pattern.compile("cuda(?::(\\d{1,4}))?").matcher(text);
        if (cuda.matches()) {
            return Optional.of(new Cuda(cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1))));
        }
        return switch (text) {
            case "auto" -> Optional.of(new Auto());
            case "cpu" -> Optional.of(new Cpu());
            default -> Optional.empty();
        };
    }
}
