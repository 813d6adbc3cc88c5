package io.github.swscan.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the machine's CPU can do. Only Linux says so; elsewhere the answer is no. */
final class Processor {

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Pattern FLAGS = Pattern.compile("(flags|Features)\\s*:\\s*(?<value>.*)");
    private static final Pattern VENDOR = Pattern.compile("vendor_id\\s*:\\s*(?<value>\\S+).*");
    /** avx512_bf16 and amx_bf16 on x86-64, bf16 on 64-bit Arm. */
    private static final Set<String> BFLOAT16_FLAGS = Set.of("avx512_bf16", "amx_bf16", "bf16");

    private Processor() {}

    /**
     * Whether the CPU has instructions that multiply bfloat16 numbers. Without them the engine emulates bfloat16 and is
     * slower than in float32.
     */
    static boolean multipliesBfloat16() {
        Set<String> flags =
                entries(FLAGS).flatMap(Pattern.compile("\\s+")::splitAsStream).collect(Collectors.toSet());
        return BFLOAT16_FLAGS.stream().anyMatch(flags::contains);
    }

    /** Whether it is one of AMD's, for which the engine's main library of matrix products is not made. */
    static boolean isAmd() {
        return entries(VENDOR).anyMatch("AuthenticAMD"::equals);
    }

    private static Stream<String> entries(Pattern line) {
        if (!Files.isReadable(CPU_INFO)) {
            return Stream.empty();
        }
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines
                    .map(line::matcher)
                    .filter(Matcher::matches)
                    .map(found -> found.group("value"))
                    .distinct()
                    .toList()
                    .stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }
}
