package io.github.swscan.engine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the engine throws when memory runs out, which its types of exceptions do not tell. */
public final class OutOfMemory {

    private static final Pattern ON_GPU =
            Pattern.compile("CUDA (?:error: )?out of memory\\.?(?: Tried to allocate (\\S+ \\w+)\\.)?(?: GPU (\\d+))?");
    private static final Pattern ON_CPU =
            Pattern.compile("(?:DefaultCPUAllocator|CPUAllocator\\w*).*you tried to allocate (\\d+) bytes");

    private OutOfMemory() {}

    /** If {@code failure} or a cause of it is such a one: what ran out and what would help, in one line. */
    public static Optional<String> explanation(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .map(cause -> cause.getMessage() == null ? "" : cause.getMessage())
                .flatMap(message -> Stream.concat(onGpu(message).stream(), onCpu(message).stream()))
                .findFirst();
    }

    private static Optional<String> onGpu(String message) {
        Matcher found = ON_GPU.matcher(message);
        if (!found.find()) {
            return Optional.empty();
        }
        String device = found.group(2) == null ? "the GPU" : "cuda:" + found.group(2);
        String asked = found.group(1) == null ? "" : " (" + found.group(1) + " more were needed)";
        return Optional.of("out of memory on " + device + asked
                + "; take fewer tokens, --precision bf16, another device with more free memory, or --device cpu");
    }

    private static Optional<String> onCpu(String message) {
        Matcher found = ON_CPU.matcher(message);
        return found.find()
                ? Optional.of("out of memory (" + found.group(1)
                        + " more bytes were needed); free some, or take fewer tokens")
                : Optional.empty();
    }
}
